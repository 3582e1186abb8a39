import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { progressLine } from '../../cli/run/progress-text.ts';
import { scoringLine } from '../../cli/run/watch-scoring.ts';
import type { RunResult } from '../../schema/contracts/result.ts';
import { experimentSpec, solver } from '../support/experiment-spec.ts';
import { untilFinal } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { runCli } from '../support/run-cli.ts';
import { useTestStack } from '../support/test-stack.ts';

const stack = await useTestStack();
await pushDataset(stack.sluice, 'numbers', numberedRows(20));
const cwd = mkdtempSync(join(tmpdir(), 'sluice-cli-score-'));
const env = { SLUICE_URL: stack.url, SLUICE_API_KEY: stack.keys.engineer };
const sluice = (...args: string[]) => runCli(args, { cwd, env });
const write = (file: string, text: string) => {
  writeFileSync(join(cwd, file), text);
  return file;
};
const ended = async () => {
  const spec = experimentSpec({ variants: { control: solver(10), candidate: solver(15) } });
  const { id } = await stack.sluice.runs.start.mutate({ spec });
  await untilFinal(stack.sluice, id);
  return id;
};

describe('sluice run score', () => {
  it('--watch shows the new metrics beside the others, and says that they decide nothing', async () => {
    const id = await ended();
    const before = await stack.sluice.runs.get.query({ id });
    const file = write('whole.yaml', `name: is_whole\ntype: regex\npattern: '^A: \\d+$'\n`);
    const scored = await sluice('run', 'score', id, '--evaluator', file, '--watch');
    expect(scored.exitCode, scored.output).toBe(0);
    expect(scored.stdout).toContain('scores the answers of');
    expect(scored.stdout).toContain('40 of 40 scores (100 %)');
    expect(scored.stdout).toMatch(/is_whole +\+25.0 pp/);
    expect(scored.stdout).toMatch(/attached after the run had ended, deciding nothing: is_whole@1 \(\d{4}-\d\d-\d\d, /);
    const after = await sluice('run', 'get', id, '--json');
    const result = JSON.parse(after.stdout) as RunResult;
    expect(result).toMatchObject({ verdict: before.verdict, reasons: before.reasons, decisionId: before.decisionId });
    expect(result.attached).toMatchObject([{ name: 'is_whole', version: 1 }]);

    const again = await sluice('run', 'score', id, '--evaluator', 'is_whole@1', '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ created: false, evaluators: [{ name: 'is_whole', version: 1 }] });
    await sluice('gate', 'check', id, '--markdown', 'report.md');
    const report = readFileSync(join(cwd, 'report.md'), 'utf8');
    expect(report).toContain('is\\_whole');
    expect(report).toContain('attached after the run had ended, deciding nothing');
  });

  it('takes several files and stored evaluators at once', async () => {
    const id = await ended();
    const file = write(
      'two.yaml',
      `evaluator: has_a\ntype: contains\nvalue: A\n---\nname: has_b\ntype: contains\nvalue: B\n`,
    );
    write('one.json', JSON.stringify({ evaluators: [{ type: 'contains', name: 'has_c', value: 'C' }] }));
    const scored = await sluice(
      'run',
      'score',
      id,
      '--evaluator',
      file,
      '--evaluator',
      'one.json',
      '--watch',
      '--json',
    );
    const result = JSON.parse(scored.stdout.trimEnd().split('\n').at(-1) ?? '') as RunResult;
    expect(result.attached?.map(({ name }) => name)).toEqual(['has_a', 'has_b', 'has_c']);
  });

  it('names the mistake in a file, and an evaluator that is not there', async () => {
    const id = await ended();
    const file = write('wrong.yaml', 'name: x\ntype: regex\npatern: y\n');
    const wrong = await sluice('run', 'score', id, '--evaluator', file);
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).toContain('patern');
    const absent = await sluice('run', 'score', id, '--evaluator', 'nobody@3');
    expect(absent.exitCode).toBe(2);
    expect(absent.stderr).toContain('"nobody"');
  });
});

it('the progress of a run and of a scoring tells how many scores there are', () => {
  const counts = { planned: 60, succeeded: 60, failed: 0, missing: 0, notRun: 0 };
  expect(
    progressLine({
      id: 'run_1',
      name: 'n',
      status: 'running',
      counts,
      done: 60,
      trialsPerSecond: null,
      scored: 12,
      toScore: 60,
      etaMs: null,
      costUsd: null,
      agentCalls: 60,
      elapsedMs: 3_000,
      final: false,
    }),
  ).toBe('run_1  running · 60 of 60 (100 %) · 12/60 scores · 3.0 s');
  expect(
    scoringLine({
      id: 'scr_1',
      runId: 'run_1',
      status: 'running',
      evaluators: [],
      toScore: 5_000,
      scored: 1_200,
      errors: 3,
      costUsd: null,
      elapsedMs: 8_000,
      error: null,
    }),
  ).toBe('scr_1  running · 1,200 of 5,000 scores (24 %) · 3 errors · 8.0 s');
});
