import { monitorEventLoopDelay } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { experimentSpec, solver } from '../support/experiment-spec.ts';
import { untilFinal } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { refusalOf } from '../support/refusal-of.ts';
import { useTestStack } from '../support/test-stack.ts';

const { sluice } = await useTestStack();
await pushDataset(sluice, 'numbers', numberedRows(20));
await pushDataset(sluice, 'others', numberedRows(20));

async function run(more: Parameters<typeof experimentSpec>[0] = {}, limit?: number): Promise<string> {
  const { id } = await sluice.runs.start.mutate({ spec: experimentSpec(more), limit });
  expect(await untilFinal(sluice, id)).toMatchObject({ status: 'completed' });
  return id;
}

const candidate = (right: number) => ({ variants: { control: solver(10), candidate: solver(right) } });

describe('a diff of two runs', () => {
  it('pairs their candidates by example, with the difference of every metric and what each said', async () => {
    const [a, b] = [await run(candidate(8)), await run(candidate(14))];
    const diff = await sluice.runs.diff.query({ a: { run: a }, b: { run: b } });
    expect(diff).toMatchObject({
      a: { run: a, variant: 'candidate', dataset: 'numbers@1' },
      b: { run: b, variant: 'candidate' },
      compared: 20,
      metric: 'correct',
      counts: { improved: 6, regressed: 0, identical: 14, level: 0, only_in_a: 0, only_in_b: 0, changed: 0 },
      warnings: [],
    });
    expect(diff.examples.map(({ id }) => id)).toEqual(['e8', 'e9', 'e10', 'e11', 'e12', 'e13']);
    expect(diff.examples[0]).toEqual({
      id: 'e8',
      change: 'improved',
      input: { number: 8 },
      expected: '8',
      a: [{ output: 'A: 0.5', error: null, score: 0 }],
      b: [{ output: 'A: 8', error: null, score: 1 }],
    });
    const correct = diff.comparisons.find(({ metric }) => metric === 'correct');
    // Six wins of six: 2 / 2^6.
    expect(correct).toMatchObject({
      n: 20,
      estimate: 0.3,
      pValue: expect.closeTo(0.03125, 12),
      improved: 6,
      regressed: 0,
    });
    expect(correct?.test).toContain('McNemar');
    expect(diff.metrics.find(({ metric, variant }) => metric === 'correct' && variant === 'a')?.mean).toBe(0.4);
  });

  it('of two variants of one run agrees with the run', async () => {
    const id = await run(candidate(14));
    const diff = await sluice.runs.diff.query({ a: { run: id, variant: 'control' }, b: { run: id } });
    const own = (await sluice.runs.get.query({ id })).comparisons.find(({ metric }) => metric === 'correct');
    const found = diff.comparisons.find(({ metric }) => metric === 'correct');
    expect(found).toEqual({ ...own, control: 'a', candidate: 'b' });
    const backwards = await sluice.runs.diff.query({ a: { run: id }, b: { run: id, variant: 'control' } });
    expect(backwards.counts).toMatchObject({ improved: 0, regressed: 4 });
  });

  it('leaves out what only one side has and what has other content now, and can list it', async () => {
    await pushDataset(sluice, 'lineage', numberedRows(6));
    const a = await run({ dataset: 'lineage@1', ...candidate(4) });
    const rows = numberedRows(8).slice(1);
    await pushDataset(
      sluice,
      'lineage',
      rows.map((row) => (row.id === 'e2' ? { ...row, expected: '2.5' } : row)),
    );
    const b = await run({ dataset: 'lineage@2', ...candidate(4) });
    const sides = { a: { run: a }, b: { run: b } };
    const diff = await sluice.runs.diff.query(sides);
    expect(diff).toMatchObject({ compared: 4, counts: { only_in_a: 1, only_in_b: 2, changed: 1, identical: 4 } });
    const listed = async (change: 'only_in_a' | 'changed') =>
      (await sluice.runs.diff.query({ ...sides, change })).examples.map(({ id, a, b }) => [id, a.length, b.length]);
    expect(await listed('only_in_a')).toEqual([['e0', 1, 0]]);
    expect(await listed('changed')).toEqual([['e2', 1, 1]]);
  });

  it('names flaky examples: those that side a solves now and then', async () => {
    const recite = (lines: string[]) => ({ adapter: 'function' as const, function: 'recite', parameters: { lines } });
    const variants = { control: recite(['A: 1', 'A: 0']), candidate: recite(['A: 1', 'A: 1']) };
    const id = await run({ variants, repetitions: 2 }, 2);
    const diff = await sluice.runs.diff.query({ a: { run: id, variant: 'control' }, b: { run: id } });
    // Control is right on e1 in the first repetition, and on e0 in the second.
    expect(diff.counts).toMatchObject({ flaky: 2, improved: 1, regressed: 1 });
    const flaky = await sluice.runs.diff.query({
      a: { run: id, variant: 'control' },
      b: { run: id },
      change: 'flaky',
    });
    expect(flaky.examples.map(({ id, a }) => [id, a.map(({ score }) => score)])).toEqual([
      ['e0', [0, 1]],
      ['e1', [1, 0]],
    ]);
  });

  it('refuses what cannot be compared, and says what can', async () => {
    const several = await run({ variants: { ...candidate(10).variants, other: solver(3) } });
    const [one, foreign] = [await run(), await run({ dataset: 'others' })];
    const refusal = (a: object, b: object) =>
      refusalOf(sluice.runs.diff.query({ a, b } as Parameters<typeof sluice.runs.diff.query>[0]));
    expect(await refusal({ run: one }, { run: several })).toMatchObject({
      code: 'invalid_input',
      fix: `Say which: ${several}:candidate.`,
    });
    expect((await refusal({ run: one, variant: 'contrl' }, { run: one })).message).toContain('did you mean "control"');
    expect((await refusal({ run: one }, { run: one })).message).toBe(`both sides are ${one}:candidate`);
    expect((await refusal({ run: one }, { run: foreign })).message).toContain('others');
    expect(await refusal({ run: one }, { run: 'run_none' })).toMatchObject({ code: 'not_found' });
    const metric = await refusalOf(
      sluice.runs.diff.query({ a: { run: one, variant: 'control' }, b: { run: one }, metric: 'corect' }),
    );
    expect(metric.message).toContain('the run has no metric "corect"');
  });

  it('keeps the API free for others while it reads and computes', async () => {
    await pushDataset(sluice, 'many', numberedRows(1_500));
    const id = await run({ dataset: 'many', concurrency: 64, ...candidate(900) });
    const sides = { a: { run: id, variant: 'control' }, b: { run: id }, limit: 0 };
    // The first call starts the thread.
    await sluice.runs.diff.query(sides);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const startedAt = performance.now();
    const diff = await sluice.runs.diff.query(sides);
    const tookMs = performance.now() - startedAt;
    delay.disable();
    expect(diff.counts.improved).toBe(890);
    // The work takes far longer than anybody waits: it is done elsewhere.
    expect(delay.max / 1e6).toBeLessThan(Math.max(30, tookMs / 3));
  });
});
