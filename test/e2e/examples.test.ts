import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { shellEnvironment } from '../support/run-cli.ts';
import { openStack, type RunningStack } from '../support/running-stack.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
let stack: RunningStack;

beforeAll(() => {
  stack = openStack(inject('sharedDataDir'));
});

const endings: (() => void)[] = [];

afterAll(async () => {
  for (const end of endings) end();
  await stack?.close();
});

/** Starts a server of an example on a free port. @returns its port, as its first line says. */
async function serve(command: string, ...args: string[]): Promise<string> {
  const server = spawn(command, [...args, '0'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  endings.push(() => server.kill());
  for await (const line of createInterface({ input: server.stdout })) {
    const port = /127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port) return port;
  }
  throw new Error(`${command} ${args.join(' ')} ended without saying where it listens`);
}

/** A copy of the examples whose specs name `port` in the place of the port of their READMEs. */
function examplesAt(ports: Record<string, string>): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'sluice-examples-')), 'examples');
  cpSync(join(root, 'examples'), folder, { recursive: true, filter: (file) => !file.includes('node_modules') });
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.yaml')) continue;
    let text = readFileSync(join(folder, file), 'utf8');
    for (const [written, port] of Object.entries(ports))
      text = text.replaceAll(`127.0.0.1:${written}`, `127.0.0.1:${port}`);
    writeFileSync(join(folder, file), text);
  }
  return folder;
}

test('the Python agent of the examples runs without a server and ends in a verdict', async () => {
  const spec = 'examples/python-agent/experiment.yaml';
  const result = await stack.cli(['run', 'start', spec, '--watch'], { cwd: root });
  expect(result.output).toMatch(/verdict PASS → roll forward/);
  expect(result.exitCode, result.output).toBe(0);
});

test('the agent behind HTTP tells its steps and its cost, and ends in a verdict on both', async () => {
  const examples = examplesAt({ 4502: await serve('python3', 'examples/http-agent/agent.py') });
  const spec = join(examples, 'http-agent/experiment.yaml');
  const result = await stack.cli(['run', 'start', spec, '--watch', '--json'], { cwd: root });
  expect(result.exitCode, result.output).toBe(0);
  const run = JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '');
  expect(run).toMatchObject({ verdict: 'pass', counts: { planned: 84, succeeded: 84 }, agentCalls: 84 });
  expect(run.costUsd).toBeCloseTo(84 * 0.0001, 10);
  const steps = run.metrics.find(
    (one: { metric: string; variant: string }) => one.metric === 'steps' && one.variant === 'candidate',
  );
  expect(steps.mean).toBe(1);
});

test('two prompts for a model are pushed as versions, compared, and paid for by the token', async () => {
  const examples = examplesAt({ 4503: await serve('node', 'examples/openai-compatible/model.ts') });
  const folder = join(examples, 'openai-compatible');
  for (const file of ['agent-v1.yaml', 'agent-v2.yaml', 'agent-v2.yaml']) {
    const pushed = await stack.cli(['agent', 'push', join(folder, file)], { cwd: root });
    expect(pushed.exitCode, pushed.output).toBe(0);
  }
  const result = await stack.cli(['run', 'start', join(folder, 'experiment.yaml'), '--watch'], { cwd: root });
  expect(result.output).toMatch(/verdict PASS → roll forward/);
  expect(result.exitCode, result.output).toBe(0);
});

test('the gate in CI closes on the worse agent, keeps its report, and joins its run when it runs twice', async () => {
  const examples = examplesAt({ 4501: await serve('node', 'examples/first-experiment/agents.ts') });
  const report = join(examples, 'report.md');
  const env = { ...shellEnvironment(), SLUICE_DATA_DIR: stack.dataDir, REPORT: report, GIT_SHA: 'one-commit' };
  const gate = () => {
    const job = spawnSync('sh', [join(examples, 'ci-gate/gate.sh')], { cwd: root, env, encoding: 'utf8' });
    return { exitCode: job.status, output: job.stdout + job.stderr };
  };
  const first = gate();
  expect(first.output).toContain('gate: closed');
  expect(first.exitCode, first.output).toBe(3);
  expect(readFileSync(report, 'utf8')).toContain('ci-gate');
  const again = gate();
  expect(again.exitCode, again.output).toBe(3);
  expect(await stack.client.runs.list.query({ name: 'ci-gate' })).toHaveLength(1);
});

test('a judge decides nothing until people are shown to agree with it, and decides then', async () => {
  const examples = examplesAt({ 4504: await serve('node', 'examples/judge-with-human-check/models.ts') });
  const folder = join(examples, 'judge-with-human-check');
  const start = () => stack.cli(['run', 'start', join(folder, 'experiment.yaml'), '--watch', '--json'], { cwd: root });
  const resultOf = ({ stdout }: { stdout: string }) => JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  const before = await start();
  expect(before.exitCode, before.output).toBe(4);
  const { id, reasons } = resultOf(before);
  expect(reasons[0]).toContain('is not trusted: its agreement with people is unknown');
  const sheet = await stack.cli(['annotation', 'export', id, '--for', 'helpful', '--sample', '60', '--seed', '1']);
  expect(sheet.stdout.trim().split('\n').length, sheet.output).toBeGreaterThan(60);
  const pushed = await stack.cli(['annotation', 'push', id, join(folder, 'labels.csv'), '--name', 'helpful']);
  expect(pushed.stdout, pushed.output).toContain('80 labels added');
  const trust = await stack.cli(['evaluator', 'trust', 'helpful']);
  expect(trust.stdout, trust.output).toContain('80 labels of 80 trials (40 examples)');
  const after = await start();
  expect(after.exitCode, after.output).toBe(0);
  expect(resultOf(after)).toMatchObject({ verdict: 'pass', agreement: [{ label: 'helpful', trials: 80 }] });
});

test('the canary widens itself over real sessions, and version 2 is in production at its end', async () => {
  const examples = examplesAt({ 4501: await serve('node', 'examples/first-experiment/agents.ts') });
  for (const file of ['router-v1.yaml', 'router-v2.yaml']) {
    const pushed = await stack.cli(['agent', 'push', join(examples, 'canary', file)], { cwd: root });
    expect(pushed.exitCode, pushed.output).toBe(0);
  }
  const started = await stack.cli(['run', 'start', join(examples, 'canary/canary.yaml'), '--json'], { cwd: root });
  expect(started.exitCode, started.output).toBe(0);
  const { id } = JSON.parse(started.stdout.trim().split('\n').at(-1) ?? '');
  const users = spawnSync('node', ['examples/canary/users.ts', stack.dataDir, id], { cwd: root, encoding: 'utf8' });
  expect(users.stdout + users.stderr).toContain('the rollout completed: roll_forward');
  const agents = await stack.client.agents.list.query();
  expect(agents.find(({ name }) => name === 'support-router')).toMatchObject({ productionVersion: 2 });
}, 120_000);
