import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { toSluiceError } from '../../client/to-sluice-error.ts';
import type { RunResult } from '../../schema/contracts/result.ts';
import { runCli, startCli } from '../support/run-cli.ts';
import { startStubAgent } from '../support/stub-agent.ts';
import { useTestStack } from '../support/test-stack.ts';

const stack = await useTestStack();
const agent = await startStubAgent();
afterAll(() => agent.close());
const cwd = mkdtempSync(join(tmpdir(), 'sluice-cli-run-'));
const env = { SLUICE_URL: stack.url, SLUICE_API_KEY: stack.keys.engineer };
const sluice = (...args: string[]) => runCli(args, { cwd, env });

const rows = Array.from({ length: 40 }, (_, index) => `${index},question ${index},question ${index}`);
writeFileSync(join(cwd, 'qa.csv'), `${['id,question,answer', ...rows].join('\n')}\n`);

function spec(name: string, candidate: string, control = '/run'): string {
  const file = `${name}.yaml`;
  writeFileSync(
    join(cwd, file),
    `kind: experiment
name: ${name}
dataset: { file: qa.csv, map: { input: question, expected: answer } }
variants:
  control: { adapter: http, url: "${agent.url}${control}" }
  candidate: { adapter: http, url: "${candidate.startsWith('http') ? candidate : agent.url + candidate}", timeoutMs: 1000 }
evaluators:
  - { type: exact_match, name: correct }
retries: 0
`,
  );
  return file;
}

const lastLine = (stdout: string) => JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as RunResult;

describe('one command over an unchanged CSV', () => {
  it('ends in scores, the paired difference, the changed rows and a verdict, and exits by it', async () => {
    const passed = await sluice('run', 'start', spec('same', '/run'), '--watch');
    expect(passed.exitCode).toBe(0);
    expect(passed.stdout).toContain('pushed qa@1: 40 examples');
    expect(passed.stdout).toMatch(/verdict PASS → roll forward/);
    expect(passed.stdout).not.toContain('\x1b[');

    const failed = await sluice('run', 'start', spec('shape', '/echo-headers'), '--watch');
    expect(failed.exitCode).toBe(3);
    expect(failed.stdout).toContain('unchanged: qa@1 has this content already');
    expect(failed.stdout).toMatch(/correct +-?−?100.0 pp/);
    expect(failed.stdout).toContain('worse in correct with candidate: 40 examples\n  0  "question 0": question 0 → ');
    expect(failed.stdout).toMatch(/verdict FAIL → roll back/);
  });

  it('with --json ends in the result object, the same as `run get`, and nothing else on stdout', async () => {
    const { stdout, stderr } = await sluice('run', 'start', spec('json', '/run'), '--watch', '--json');
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    const result = lastLine(stdout);
    expect(result).toMatchObject({ name: 'json', status: 'completed', verdict: 'pass', agentCalls: 80 });
    expect(stderr).toContain('80 of 80 (100 %)');
    expect(lastLine((await sluice('run', 'get', result.id, '--json')).stdout)).toEqual(result);
    const started = await sluice('run', 'start', 'json.yaml', '--json', '--limit', '2');
    expect(lastLine(started.stdout)).toMatchObject({ name: 'json', verdict: null });
  });
});

describe('an agent that does not answer as it should', () => {
  it.each([
    ['/status', /40 of 40 trials of candidate: .*500/],
    ['/html', /40 of 40 trials of candidate: .*not JSON/],
    ['/wrong-shape', /40 of 40 trials of candidate: .*output/],
  ])('at %s: one cause is told once, in at most 8 lines, and never as a pass', async (path, message) => {
    const { exitCode, output } = await sluice('run', 'start', spec('bad', path), '--watch');
    expect(exitCode).toBe(3);
    expect(output).toMatch(message);
    const cause = output
      .split('\n')
      .filter((line) => line.includes(`${agent.url}${path}`) || /e\.g\. example/.test(line));
    expect(cause.length).toBeLessThanOrEqual(8);
  });

  it('because nothing listens there: said within seconds, before anything is called, with exit code 1', async () => {
    const before = agent.calls();
    const gone = await startStubAgent();
    await gone.close();
    const { exitCode, output, durationMs } = await sluice('run', 'start', spec('gone', `${gone.url}/run`), '--watch');
    expect(exitCode).toBe(1);
    expect(output).toMatch(/candidate: agent at .* is unreachable: connection refused/);
    expect(output).toMatch(/fix: /);
    expect(durationMs).toBeLessThan(6_000);
    expect(agent.calls()).toBe(before);
  });
});

describe('an evaluator that throws', () => {
  it('is told once per variant with its own words, and makes the run inconclusive instead of a zero', async () => {
    const file = spec('judge', '/run');
    const path = join(cwd, file);
    writeFileSync(path, readFileSync(path, 'utf8').replace('type: exact_match', 'type: function, function: throws'));
    const { exitCode, output } = await sluice('run', 'start', file, '--watch');
    expect(exitCode).toBe(4);
    expect(output).toMatch(/40 of 40 scores of candidate: .*the judge fell off the bench/);
    expect(output.match(/fell off the bench/g)?.length).toBeLessThanOrEqual(8);
  });
});

describe('Ctrl-C while watching', () => {
  it('leaves the run going, prints the command that goes on, and exits 130', async () => {
    const watching = startCli(['run', 'start', spec('slow', '/run?ms=150'), '--watch'], { cwd, env });
    await watching.says(/running · \d+ of 80/);
    watching.process.kill('SIGINT');
    const { exitCode, output } = await watching.ended;
    expect(exitCode).toBe(130);
    const words = /run goes on; watch it again: .* (run watch run_\w+)$/m.exec(output)?.[1]?.split(' ') ?? [];
    const again = await sluice(...words, '--json');
    expect(again.exitCode).toBe(0);
    expect(lastLine(again.stdout).counts).toMatchObject({ planned: 80, succeeded: 80 });
  });
});

describe('the steering of a run', () => {
  it('pauses, resumes and aborts; an aborted run exits 1 from `gate check`', async () => {
    const { id } = lastLine((await sluice('run', 'start', spec('steered', '/run?ms=200'), '--json')).stdout);
    expect((await sluice('run', 'pause', id, '--reason', 'lunch')).stdout).toBe(`${id} is paused now\n`);
    expect((await sluice('run', 'pause', id)).stdout).toBe(`unchanged: ${id} is paused already\n`);
    expect((await sluice('run', 'resume', id)).exitCode).toBe(0);
    expect((await sluice('run', 'abort', id)).stdout).toBe(`${id} is aborted now\n`);
    const checked = await sluice('gate', 'check', id);
    expect([checked.exitCode, checked.stdout]).toEqual([1, 'verdict none: the run was aborted\n']);
  });
});

describe('a stack that is not there or does not know the key', () => {
  it('is told in words, with exit code 1', async () => {
    const none = await runCli(['run', 'list', '--data-dir', 'nowhere'], { cwd });
    expect([none.exitCode, none.stderr]).toEqual([
      1,
      expect.stringMatching(/no Sluice stack at nowhere[\s\S]*fix: .*npm start/),
    ]);
    const wrong = await runCli(['run', 'list'], { cwd, env: { ...env, SLUICE_API_KEY: 'sl_wrong' } });
    expect([wrong.exitCode, wrong.stderr]).toEqual([1, expect.stringMatching(/no valid API key[\s\S]*fix: /)]);
    const other = await runCli(['run', 'list'], { cwd, env: { ...env, SLUICE_URL: agent.url } });
    expect([other.exitCode, other.stderr]).toEqual([
      1,
      expect.stringMatching(/is not a Sluice API[\s\S]*fix: .*SLUICE_URL/),
    ]);
  });

  it('gives programs the same error through the client', async () => {
    const error = await stack
      .as('sl_wrong')
      .runs.list.query({})
      .catch((thrown) => toSluiceError(thrown, stack.url));
    expect(error).toMatchObject({ name: 'SluiceError', code: 'unauthorized', fix: expect.stringMatching(/key/) });
  });
});
