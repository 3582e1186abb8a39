import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { experimentSpec, solver } from '../support/experiment-spec.ts';
import { untilFinal } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { runCli } from '../support/run-cli.ts';
import { useTestStack } from '../support/test-stack.ts';

const { keys, sluice, url } = await useTestStack();
await pushDataset(sluice, 'numbers', numberedRows(20));
const folder = mkdtempSync(join(tmpdir(), 'sluice-gate-'));
afterAll(() => rmSync(folder, { recursive: true }));

const cli = (...args: string[]) =>
  runCli(args, { cwd: folder, env: { SLUICE_URL: url, SLUICE_API_KEY: keys.engineer } });

async function run(right: number): Promise<string> {
  const spec = experimentSpec({
    variants: { control: solver(10), candidate: solver(right) },
    gate: { criteria: [{ metric: 'correct', hypothesis: 'superior' }] },
  });
  const { id } = await sluice.runs.start.mutate({ spec });
  await untilFinal(sluice, id);
  return id;
}

describe('gate check', () => {
  it('exits 0, 3 or 4 by the verdict, and writes the report where it was asked to', async () => {
    const [better, worse, level] = [await run(20), await run(0), await run(10)];
    expect((await cli('gate', 'check', better)).exitCode).toBe(0);
    const failed = await cli('gate', 'check', worse, '--markdown', 'report.md');
    expect(failed.exitCode, failed.output).toBe(3);
    const report = readFileSync(join(folder, 'report.md'), 'utf8');
    expect(report).toContain('## two-solvers: FAIL');
    expect(report).toContain('10 examples worse in correct');
    expect((await cli('gate', 'check', level)).exitCode).toBe(4);
  });

  it('takes an inconclusive verdict for what the caller says, and only that one', async () => {
    const [better, worse, level] = [await run(20), await run(0), await run(10)];
    const passed = await cli('gate', 'check', level, '--on-inconclusive', 'pass');
    expect(passed.exitCode).toBe(0);
    expect(passed.stderr).toContain('warning: the verdict is inconclusive and counts as passed');
    expect((await cli('gate', 'check', level, '--on-inconclusive', 'fail')).exitCode).toBe(3);
    expect((await cli('gate', 'check', level, '--on-inconclusive', 'hold')).exitCode).toBe(4);
    expect((await cli('gate', 'check', worse, '--on-inconclusive', 'pass')).exitCode).toBe(3);
    expect((await cli('gate', 'check', better, '--on-inconclusive', 'fail')).exitCode).toBe(0);
    const wrong = await cli('gate', 'check', level, '--on-inconclusive', 'maybe');
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).toContain('pass, fail, hold');
  });

  it('says what to do when the report cannot be written, and prints nothing that a program could take for a result', async () => {
    const id = await run(20);
    const { exitCode, stderr, stdout } = await cli('gate', 'check', id, '--json', '--markdown', 'none/report.md');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--markdown none/report.md: the report cannot be written there (ENOENT)');
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'invalid_input' } });
  });
});

describe('run diff', () => {
  it('of a run alone compares its control with its candidate, for people and for programs', async () => {
    const id = await run(14);
    const text = await cli('run', 'diff', id, '--limit', '2');
    expect(text.exitCode, text.output).toBe(0);
    expect(text.stdout).toContain('correct: 4 better, 0 worse, 16 identical, 0 level');
    expect(text.stdout).toContain('e10 (better)');
    expect(text.stdout).toContain('… and 2 more');
    const json = await cli('run', 'diff', `${id}:candidate`, `${id}:control`, '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ compared: 20, counts: { improved: 0, regressed: 4 } });
  });
});

describe('run get', () => {
  it('tells the commit, branch, person and pull request a run was started from', async () => {
    const git = { sha: 'e'.repeat(40), branch: 'main', actor: 'ada', pullRequestUrl: 'https://git.example/pull/12' };
    const { id } = await sluice.runs.start.mutate({ spec: experimentSpec({ git }) });
    expect((await untilFinal(sluice, id)).git).toEqual(git);
    const { stdout } = await cli('run', 'get', id);
    expect(stdout).toContain('commit eeeeeeeeeeee on main by ada, https://git.example/pull/12');
  });
});

describe('a run of several candidates', () => {
  it('tells which of them no other beats, on means', async () => {
    const spec = experimentSpec({ variants: { control: solver(10), good: solver(15), bad: solver(5) } });
    const { id } = await sluice.runs.start.mutate({ spec });
    const result = await untilFinal(sluice, id);
    expect(result.front).toMatchObject({ quality: 'correct', dimensions: ['quality', 'costUsd', 'latencyMs'] });
    expect(result.front?.variants.find(({ variant }) => variant === 'good')).toMatchObject({ onFront: true });
    const { stdout } = await cli('run', 'get', id);
    expect(stdout).toContain('best of correct, cost and p50 latency (on means, not tested)');
  });
});
