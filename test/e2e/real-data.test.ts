import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { stringify } from 'yaml';
import type { RunResult } from '../../schema/contracts/result.ts';
import { startRecordedAgent } from '../support/recorded-agent.ts';
import { openStack, type RunningStack } from '../support/running-stack.ts';

type Model = '6b_finetuning' | '6b_verification';

interface RecordedRow {
  id: string;
  question: string;
  recorded: Record<Model, { solution: string; isCorrect: boolean }>;
}

const dataFolder = process.env.SLUICE_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
const file = join(dataFolder, 'gsm8k', 'recorded-6b.jsonl');
const whereToGetIt = `${file} is not there: set SLUICE_DATA to a folder with gsm8k/recorded-6b.jsonl, made of the two 6B models in github.com/openai/grade-school-math (example_model_solutions), one line {id, question, expected, recorded: {6b_finetuning, 6b_verification: {solution, isCorrect}}} each`;
/** Where the data was promised (CI, SLUICE_DATA) these tests run, and fail without it; elsewhere they say where it is. */
const wanted = existsSync(file) || process.env.SLUICE_DATA !== undefined || process.env.CI !== undefined;
if (!wanted) console.info(whereToGetIt);
const folder = mkdtempSync(join(tmpdir(), 'sluice-real-data-'));
let stack: RunningStack;
let agent: Awaited<ReturnType<typeof startRecordedAgent>>;
let rows: RecordedRow[];

beforeAll(async () => {
  if (!wanted) return;
  if (!existsSync(file)) throw new Error(whereToGetIt);
  rows = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as RecordedRow);
  const said = (model: Model) => new Map(rows.map((row) => [row.question, row.recorded[model].solution]));
  agent = await startRecordedAgent({
    '6b_finetuning': said('6b_finetuning'),
    '6b_verification': said('6b_verification'),
  });
  stack = openStack(inject('sharedDataDir'));
  const pushed = await stack.cli(['dataset', 'push', 'gsm8k', file, '--map', 'input=question', '--split', 'test']);
  expect(pushed, pushed.output).toMatchObject({ exitCode: 0 });
});

afterAll(async () => {
  await stack?.close();
  await agent?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The spec of DESIGN §8. */
async function runExperiment(
  control: Model,
  candidate: Model,
): Promise<{ exitCode: number | null; result: RunResult }> {
  const spec = join(folder, `${candidate}.yaml`);
  const variant = (model: Model) => ({ adapter: 'http', url: `${agent.url}/${model}`, timeoutMs: 10_000 });
  const experiment = {
    kind: 'experiment',
    name: `${control}-vs-${candidate}`,
    dataset: 'gsm8k@latest#test',
    variants: { control: variant(control), candidate: variant(candidate) },
    repetitions: 1,
    concurrency: 32,
    evaluators: [{ type: 'numeric_match', name: 'correct', extract: 'A:\\s*\\$?(-?[\\d,.]+)' }],
    gate: { criteria: [{ metric: 'correct', hypothesis: 'superior', confidence: 0.95 }] },
  };
  writeFileSync(spec, stringify(experiment));
  const { exitCode, stdout, output } = await stack.cli(['run', 'start', spec, '--watch', '--json']);
  const last = stdout.trim().split('\n').at(-1) ?? '';
  expect(last, output).toMatch(/^\{"id"/);
  return { exitCode, result: JSON.parse(last) as RunResult };
}

describe.runIf(wanted)('the answers of two real models, asked again over HTTP', () => {
  test('reproduce the published truth to the last digit, and pass', async () => {
    const { exitCode, result } = await runExperiment('6b_finetuning', '6b_verification');

    expect(result).toMatchObject({
      kind: 'experiment',
      status: 'completed',
      verdict: 'pass',
      action: 'roll_forward',
      verdicts: { candidate: 'pass' },
      counts: { planned: 1320, succeeded: 1320, failed: 0, missing: 0, notRun: 0 },
      agentCalls: 1320,
    });
    expect(exitCode).toBe(0);
    for (const [variant, correct] of [
      ['control', 146],
      ['candidate', 266],
    ] as const) {
      const metric = result.metrics.find((one) => one.metric === 'correct' && one.variant === variant);
      expect(metric).toMatchObject({ n: 660 });
      expect(metric?.mean).toBeCloseTo(correct / 660, 12);
    }
    const comparison = result.comparisons.find((one) => one.metric === 'correct');
    expect(comparison).toMatchObject({ n: 660, improved: 145, regressed: 25, verdict: 'pass', scale: 'difference' });
    expect(comparison?.estimate).toBeCloseTo(120 / 660, 12);
    expect(comparison?.pValue ?? 1).toSatisfy((p: number) => Math.abs(p / 9.356427960246984e-22 - 1) < 1e-9);
    expect(comparison?.interval?.[0]).toBeCloseTo(0.145290390040534, 9);
    expect(comparison?.interval?.[1]).toBeCloseTo(0.217762060515593, 9);

    const { rows: scores } = await stack.pool.query<{ variant: string; example_id: string; score: number }>(
      `select t.variant, t.example_id, s.score from trial t join score s on s.subject_id = t.id where t.run_id = $1`,
      [result.id],
    );
    const published = new Map(
      rows.flatMap(({ id, recorded }) => [
        [`control ${id}`, Number(recorded['6b_finetuning'].isCorrect)],
        [`candidate ${id}`, Number(recorded['6b_verification'].isCorrect)],
      ]),
    );
    expect(new Map(scores.map((one) => [`${one.variant} ${one.example_id}`, one.score]))).toEqual(published);
  });

  test('fail when the better model is control', async () => {
    const { exitCode, result } = await runExperiment('6b_verification', '6b_finetuning');

    expect(result).toMatchObject({ status: 'completed', verdict: 'fail', action: 'roll_back' });
    expect(result.comparisons.find((one) => one.metric === 'correct')).toMatchObject({ improved: 25, regressed: 145 });
    expect(exitCode).toBe(3);
  });
});
