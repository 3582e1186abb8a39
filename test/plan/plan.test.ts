import { describe, expect, it } from 'vitest';
import { experimentSpec, solver } from '../support/experiment-spec.ts';
import { untilFinal } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { refusalOf } from '../support/refusal-of.ts';
import { startStubAgent } from '../support/stub-agent.ts';
import { useTestStack } from '../support/test-stack.ts';

const { as, db, sluice } = await useTestStack();
await pushDataset(sluice, 'numbers', numberedRows(100));

const plan = (
  more: Parameters<typeof experimentSpec>[0] = {},
  options: { limit?: number; effects?: Record<string, number> } = {},
) => sluice.runs.plan.mutate({ spec: experimentSpec(more), ...options });

async function rowCounts() {
  const tables = ['run', 'trial', 'score', 'shard', 'plan_example', 'evaluator_version', 'plan_preview'] as const;
  return Promise.all(
    tables.map(async (table) => {
      const { count } = await db
        .selectFrom(table)
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return [table, count];
    }),
  );
}

describe('sluice plan', () => {
  it('resolves versions, counts trials, samples each variant five times, and stores nothing', async () => {
    const before = await rowCounts();
    const stub = await startStubAgent();
    const http = { adapter: 'http' as const, url: `${stub.url}/run` };
    const preview = await plan({ variants: { control: http, candidate: http }, repetitions: 3 });
    expect(stub.calls()).toBe(10);
    expect(stub.repeated()).toBe(0);
    await stub.close();
    expect(preview).toMatchObject({ examples: 100, clusters: null, withExpected: 100, trials: 600 });
    expect(preview.plan.dataset).toMatchObject({ name: 'numbers', version: 1 });
    expect(preview.sample.map(({ variant, calls, failed }) => [variant, calls, failed])).toEqual([
      ['control', 5, 0],
      ['candidate', 5, 0],
    ]);
    expect(preview.calls.filter((call) => call.variant === 'control').map((call) => call.exampleId)).toEqual([
      'e0',
      'e20',
      'e40',
      'e60',
      'e80',
    ]);
    expect(await rowCounts()).toEqual(before);
  });

  it('estimates cost from what the agents say, and tells what can be shown', async () => {
    const { estimatedCostUsd, estimatedDurationMs, detectableEffects } = await plan({
      variants: { control: solver(50), candidate: solver(60) },
    });
    // 200 trials of 0.001 USD.
    expect(estimatedCostUsd).toBeCloseTo(0.2, 10);
    expect(estimatedDurationMs).toBeGreaterThan(0);
    expect(detectableEffects).toMatchObject([{ metric: 'correct', kind: 'binary', n: 100, power: 0.8 }]);
    expect(detectableEffects[0]?.effect).toBeGreaterThan(0.05);
    expect(detectableEffects[0]?.effect).toBeLessThan(0.2);
  });

  it('says how likely a declared effect stays undecided: less likely the larger it is', async () => {
    const gate = {
      criteria: [
        { metric: 'correct', hypothesis: 'superior' as const },
        { metric: 'correct', hypothesis: 'non_inferior' as const, margin: 0.05 },
        { metric: 'correct', hypothesis: 'no_regression' as const },
      ],
    };
    const at = async (effect: number) => (await plan({ gate }, { effects: { correct: effect } })).undecided;
    const [none, small, large] = [await at(0), await at(0.05), await at(0.3)];
    expect(none.map(({ hypothesis }) => hypothesis)).toEqual(['superior', 'non_inferior']);
    expect(none[0]?.chance).toBeCloseTo(0.95, 6);
    expect(small[0]?.chance).toBeLessThan(none[0]?.chance ?? 0);
    expect(large[0]?.chance).toBeLessThan(0.01);
    expect(small[1]?.chance).toBeLessThan(small[0]?.chance ?? 0);
    expect((await plan({ gate })).undecided).toEqual([]);
    expect((await refusalOf(plan({ gate }, { effects: { corect: 0.1 } }))).message).toContain('did you mean "correct"');
  });

  it('takes the spread of the last run of the same name', async () => {
    const spec = { name: 'again', variants: { control: solver(50), candidate: solver(60) } };
    const { id } = await sluice.runs.start.mutate({ spec: experimentSpec(spec) });
    await untilFinal(sluice, id);
    expect((await plan(spec)).detectableEffects[0]?.basis).toContain(id);
    expect((await plan({ ...spec, name: 'other' })).detectableEffects[0]?.basis).not.toContain(id);
  });

  it('warns of what would spoil the run', async () => {
    const stub = await startStubAgent();
    const preview = await plan(
      {
        variants: {
          control: { adapter: 'http', url: `${stub.url}/run` },
          failing: { adapter: 'http', url: `${stub.url}/status?code=500` },
          nobody: { adapter: 'http', url: 'http://127.0.0.1:9/run' },
          careful: { adapter: 'http', url: `${stub.url}/run`, sideEffects: true },
        },
        budget: { maxCostUsd: 1 },
      },
      { limit: 12 },
    );
    await stub.close();
    expect(preview.trials).toBe(48);
    expect(preview.sample.map(({ variant, calls, failed, skipped }) => [variant, calls, failed, skipped])).toEqual([
      ['control', 5, 0, null],
      ['failing', 5, 5, null],
      ['nobody', 0, 0, expect.stringContaining('unreachable')],
      ['careful', 0, 0, 'it has side effects'],
    ]);
    expect(preview.estimatedCostUsd).toBeNull();
    expect(preview.warnings).toEqual([
      'only 12 examples: small effects will stay undecided',
      expect.stringMatching(/^5 of 5 sample calls of failing failed: .*500/),
      expect.stringContaining('nobody was not called: agent at http://127.0.0.1:9/run is unreachable'),
      'careful was not called: it has side effects',
      'correct is 0 for all 5 sample answers: does it look in the right place?',
      'control does not tell what its answers cost: its cost is unknown, and cannot be held to the budget of $1',
    ]);
  });

  it('warns of few clusters, missing expected values and a candidate that is control', async () => {
    const rows = numberedRows(40).map((row, index) => ({
      ...row,
      clusterKey: `c${index % 4}`,
      ...(index < 10 ? { expected: undefined } : {}),
    }));
    await pushDataset(sluice, 'clustered', rows);
    const preview = await plan({ dataset: 'clustered' });
    expect(preview).toMatchObject({ examples: 40, clusters: 4, withExpected: 30 });
    expect(preview.warnings).toEqual([
      'the examples make 4 clusters: fewer than 6 cannot decide anything',
      '10 of 40 examples have no expected value for correct',
      'candidate is configured as control is: only chance can tell them apart',
    ]);
  });

  it('refuses what a start would refuse, in the same words', async () => {
    const spec = experimentSpec({ gate: { criteria: [{ metric: 'corect' }] } });
    const planned = await refusalOf(sluice.runs.plan.mutate({ spec }));
    const started = await refusalOf(sluice.runs.start.mutate({ spec }));
    expect(planned.message).toBe(started.message);
    expect(await refusalOf(as('viewer').runs.plan.mutate({ spec: experimentSpec() }))).toMatchObject({
      code: 'forbidden',
    });
  });
});
