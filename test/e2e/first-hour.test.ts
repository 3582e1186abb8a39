import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { readConnectionFile } from '../../config/connection-file.ts';
import { identityOf } from '../../local/process-identity.ts';
import { eventually } from '../support/eventually.ts';
import { startRecordedAgent } from '../support/recorded-agent.ts';
import { shellEnvironment } from '../support/run-cli.ts';
import { endStack, newDataDir, openStack, type RunningStack } from '../support/running-stack.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'sluice-first-hour-'));
const ownDataDirs: string[] = [];
const questions = Array.from({ length: 50 }, (_, index) => `What is ${index} + ${index}?`);
let stack: RunningStack;
let agent: Awaited<ReturnType<typeof startRecordedAgent>>;

beforeAll(async () => {
  stack = openStack(inject('sharedDataDir'));
  // Version 1 is wrong on fifteen questions, version 2 on one that version 1 answered right.
  const answers = (isWrong: (index: number) => boolean) =>
    new Map(questions.map((question, index) => [question, isWrong(index) ? 'no idea' : String(2 * index)]));
  agent = await startRecordedAgent({ v1: answers((index) => index < 15), v2: answers((index) => index === 40) });
});

afterAll(async () => {
  await stack?.close();
  await agent?.close();
  await Promise.all(ownDataDirs.map((dataDir) => endStack(dataDir)));
  rmSync(folder, { recursive: true, force: true });
});

test('the spec of the README, at most twelve lines, over a CSV as it is: difference with interval, changed rows, verdict', async () => {
  const spec = /```yaml\n(kind: experiment[\s\S]*?)```/.exec(readme)?.[1] ?? '';
  expect(spec.trim().split('\n').length).toBeLessThanOrEqual(12);
  writeFileSync(join(folder, 'first.yaml'), spec.replaceAll('http://127.0.0.1:9001', agent.url));
  const rows = questions.map((question, index) => `${question},${2 * index}`);
  writeFileSync(join(folder, 'questions.csv'), `question,answer\n${rows.join('\n')}\n`);

  const result = await stack.cli(['run', 'start', 'first.yaml', '--watch'], { cwd: folder });

  console.log(`from the command to the verdict: ${Math.round(result.durationMs)} ms`);
  expect(result.output).toMatch(/correct +control +50 +70\.0 %/);
  expect(result.output).toMatch(/correct +candidate +50 +98\.0 %/);
  expect(result.output).toMatch(/correct +\+28\.0 pp +\[\+\d+\.\d, \+\d+\.\d\] pp/);
  expect(result.output).toMatch(/exact McNemar, paired Newcombe interval/);
  expect(result.output).toMatch(/worse in correct[\s\S]*better in correct/);
  expect(result.output).toMatch(/verdict PASS → roll forward/);
  expect(result.exitCode, result.output).toBe(0);
  // In a pipe there are lines, and nothing that only a terminal understands.
  expect(result.output).not.toContain('\u001b');
});

test('`npm run demo` goes from nothing to a verdict, exits 0 and leaves no process behind', async () => {
  const dataDir = newDataDir();
  ownDataDirs.push(dataDir);
  const startedAt = performance.now();
  const demo = npm(['run', '-s', 'demo', '--', '--data-dir', dataDir]);
  await demo.ended;
  console.log(`npm run demo: ${Math.round(performance.now() - startedAt)} ms`);
  expect(demo.output()).toMatch(/verdict PASS/);
  expect(demo.process.exitCode, demo.output()).toBe(0);
  expect(readConnectionFile(dataDir)).toBeUndefined();
});

test('`npm start` brings up everything, Ctrl-C ends what it started, and the second start finds the data again', async () => {
  const dataDir = newDataDir();
  ownDataDirs.push(dataDir);
  let key: string | undefined;
  for (const round of ['first', 'second']) {
    const startedAt = performance.now();
    const up = npm(['start', '--', '--port', '0', '--data-dir', dataDir]);
    await eventually(() => (/Sluice is ready/.test(up.output()) ? true : undefined), 60_000);
    console.log(`npm start, ${round} time: ready after ${Math.round(performance.now() - startedAt)} ms`);
    const connection = readConnectionFile(dataDir);
    expect(connection?.apiKey).toBe(key ?? connection?.apiKey);
    key = connection?.apiKey;
    const list = await fetch(`${connection?.url}/trpc/runs.list?input=${encodeURIComponent('{}')}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    expect(list.status).toBe(200);

    // What a terminal does: the whole group gets it, npm too.
    process.kill(-(up.process.pid as number), 'SIGINT');
    await up.ended;
    const { supervisor, postgres, temporal, api, worker } = connection?.pids ?? { worker: [] };
    await eventually(() => (readConnectionFile(dataDir) === undefined ? true : undefined), 30_000);
    for (const pid of [supervisor, postgres, temporal, api, ...worker]) {
      await eventually(() => (identityOf(pid as number) === undefined ? true : undefined));
    }
  }
});

test('every command that the README names is there', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = [...readme.matchAll(/npm (?:run (?:-s )?)?(\w[\w-]*)/g)].map(([, script]) => script as string);
  expect(named).toEqual(expect.arrayContaining(['start', 'demo', 'sluice']));
  for (const script of named.filter((name) => name !== 'ci')) expect(Object.keys(scripts)).toContain(script);
});

/** npm in a process group of its own, as a shell starts it. */
function npm(args: string[]) {
  const child = spawn('npm', args, {
    cwd: root,
    env: shellEnvironment(),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return { process: child, output: () => output, ended: once(child, 'exit') };
}
