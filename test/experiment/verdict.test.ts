import { describe, expect, it } from 'vitest';
import type { ExperimentSpec } from '../../schema/contracts/spec.ts';
import { experimentSpec, solver } from '../support/experiment-spec.ts';
import { untilFinal } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { useTestStack } from '../support/test-stack.ts';

const { db, sluice } = await useTestStack();
await pushDataset(sluice, 'numbers', numberedRows(60));

const runOf = async (spec: Partial<ExperimentSpec>, limit?: number) => {
  const started = await sluice.runs.start.mutate({ spec: experimentSpec(spec), ...(limit ? { limit } : {}) });
  return untilFinal(sluice, started.id);
};
const superior = { criteria: [{ metric: 'correct', hypothesis: 'superior' as const }] };

describe('an experiment', () => {
  it('whose candidate is shown to be better passes, and rolls forward', async () => {
    const run = await runOf({ variants: { control: solver(20), candidate: solver(50) }, gate: superior });
    expect(run).toMatchObject({
      status: 'completed',
      verdict: 'pass',
      action: 'roll_forward',
      verdicts: { candidate: 'pass' },
      counts: { planned: 120, succeeded: 120, failed: 0, missing: 0, notRun: 0 },
      agentCalls: 120,
      error: null,
    });
    expect(run.costUsd).toBeCloseTo(0.12, 9);
    const correct = run.comparisons.find((one) => one.metric === 'correct');
    // 20 of 60 against 50 of 60, and nothing the other way: exact McNemar of 30 against 0 is 2 * 0.5^30.
    expect(correct).toMatchObject({ n: 60, improved: 30, regressed: 0, verdict: 'pass' });
    expect(correct?.estimate).toBeCloseTo(0.5, 12);
    expect(correct?.pValue).toBeCloseTo(2 * 0.5 ** 30, 12);
    expect(run.reasons.join(' ')).toContain('correct');
  });

  it('whose candidate is shown to be worse fails, and rolls back', async () => {
    const run = await runOf({ variants: { control: solver(50), candidate: solver(20) }, gate: superior });
    expect(run).toMatchObject({ status: 'completed', verdict: 'fail', action: 'roll_back' });
  });

  it('that cannot tell holds, and never passes', async () => {
    const run = await runOf({ variants: { control: solver(30), candidate: solver(31) }, gate: superior });
    expect(run).toMatchObject({ status: 'completed', verdict: 'inconclusive', action: 'hold' });
  });

  it('freezes its evidence and decision in the rows', async () => {
    const run = await runOf({ gate: superior });
    const decision = await db
      .selectFrom('decision as d')
      .innerJoin('evidence as e', 'e.id', 'd.evidence_id')
      .select(['d.id', 'd.verdict', 'd.action', 'd.plan_hash', 'd.policy', 'e.content', 'e.hash'])
      .where('d.run_id', '=', run.id)
      .executeTakeFirstOrThrow();
    expect(decision).toMatchObject({
      id: run.decisionId,
      verdict: run.verdict,
      action: run.action,
      plan_hash: run.planHash,
      policy: superior,
      content: { verdict: run.verdict, counts: { planned: 120 } },
    });
    expect(decision.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('of several candidates judges each on its own', async () => {
    const run = await runOf({
      variants: { control: solver(20), better: solver(55), worse: solver(2), same: solver(20) },
      gate: superior,
    });
    expect(run.verdicts).toEqual({ better: 'pass', worse: 'fail', same: expect.stringMatching(/pass|inconclusive/) });
    expect(run.counts.planned).toBe(240);
    expect(run.metrics.filter((one) => one.metric === 'correct').map((one) => [one.variant, one.mean])).toEqual([
      ['control', 20 / 60],
      ['better', 55 / 60],
      ['worse', 2 / 60],
      ['same', 20 / 60],
    ]);
  });

  it('with repetitions calls each example so often, and still counts examples', async () => {
    const run = await runOf({
      repetitions: 3,
      variants: {
        control: { adapter: 'function', function: 'recite', parameters: { lines: ['A: 0', 'A: 1', 'A: 2'] } },
        candidate: solver(60),
      },
      gate: superior,
    });
    expect(run).toMatchObject({ counts: { planned: 360, succeeded: 360 }, agentCalls: 360, verdict: 'pass' });
    const correct = run.comparisons.find((one) => one.metric === 'correct');
    expect(correct).toMatchObject({ n: 60, regressed: 0 });
    const rows = await db
      .selectFrom('trial')
      .select(['repetition', 'output'])
      .where('run_id', '=', run.id)
      .where('variant', '=', 'control')
      .where('example_id', '=', 'e7')
      .orderBy('repetition')
      .execute();
    expect(rows.map((row) => row.output)).toEqual(['A: 0', 'A: 1', 'A: 2']);
  });

  it('with --limit asks the first examples only', async () => {
    const run = await runOf({ variants: { control: solver(2), candidate: solver(60) } }, 5);
    expect(run).toMatchObject({
      status: 'completed',
      counts: { planned: 10, succeeded: 10, notRun: 0 },
      agentCalls: 10,
    });
    const asked = await db.selectFrom('trial').select('example_id').distinct().where('run_id', '=', run.id).execute();
    expect(asked.map((row) => row.example_id).sort()).toEqual(['e0', 'e1', 'e2', 'e3', 'e4']);
  });

  it('of two variants that resolve to the same thing calls both', async () => {
    const run = await runOf({ variants: { control: solver(30), candidate: solver(30) } });
    expect(run.agentCalls).toBe(120);
    expect(run.verdict).not.toBe('fail');
  });

  it('says which examples got better and which got worse', async () => {
    const run = await runOf({ variants: { control: solver(3), candidate: solver(5) } });
    const changed = await sluice.runs.examples.query({ id: run.id, metric: 'correct' });
    expect(changed).toMatchObject({ candidate: 'candidate', improved: 2, regressed: 0 });
    expect(changed.examples.map((one) => one.id).sort()).toEqual(['e3', 'e4']);
    expect(changed.examples[0]?.answers).toHaveLength(2);
  });

  it('gives the same verdict again from the same answers', async () => {
    const spec = { variants: { control: solver(20), candidate: solver(28) }, gate: superior };
    const [one, other] = await Promise.all([runOf(spec), runOf(spec)]);
    const exact = (run: typeof one) =>
      run.comparisons.filter((comparison) => comparison.metric === 'correct' || comparison.metric === 'costUsd');
    expect(exact(one)).toEqual(exact(other));
    expect(one.verdict).toBe(other.verdict);
  });
});
