import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { ExperimentSpec } from '../../schema/contracts/spec.ts';
import { experimentSpec } from '../support/experiment-spec.ts';
import { untilFinal } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { refusalOf } from '../support/refusal-of.ts';
import { startStubAgent } from '../support/stub-agent.ts';
import { useTestStack } from '../support/test-stack.ts';

const { db, sluice } = await useTestStack();
await pushDataset(sluice, 'numbers', numberedRows(60));
const stub = await startStubAgent();
beforeEach(async () => {
  stub.reset();
  await db.deleteFrom('cached_answer').execute();
});
afterAll(() => stub.close());

const agent = (path = '/priced?usd=0.001') => ({ adapter: 'http', url: `${stub.url}${path}` }) as const;
const run = async (more: Partial<ExperimentSpec> = {}) => {
  const spec = experimentSpec({
    variants: { control: agent(), candidate: agent('/run') },
    evaluators: [],
    cache: true,
    retries: 0,
    ...more,
  });
  const { id } = await sluice.runs.start.mutate({ spec });
  return untilFinal(sluice, id);
};

describe('a run with a cache', () => {
  it('that asks what was asked before calls nobody, and has no latency and no cost', async () => {
    const first = await run();
    expect(first).toMatchObject({ counts: { succeeded: 120, cached: 0 }, agentCalls: 120 });
    expect(stub.calls()).toBe(120);
    const second = await run();
    expect(second).toMatchObject({ counts: { succeeded: 120, cached: 120 }, agentCalls: 0, costUsd: null });
    expect(stub.calls()).toBe(120);
    for (const name of ['latencyMs', 'costUsd', 'tokens']) {
      const metric = second.metrics.filter(({ metric }) => metric === name);
      expect(metric.map(({ n }) => n)).toEqual([0, 0]);
    }
    expect(second.warnings.join('\n')).toContain('60 of 60 answers of control came from the cache');
    const rows = await db
      .selectFrom('trial')
      .select(['cached', 'attempts', 'latency_ms', 'cost_usd', 'output_hash', 'example_id', 'variant'])
      .where('run_id', 'in', [first.id, second.id])
      .execute();
    const hashes = Map.groupBy(rows, (row) => `${row.variant}/${row.example_id}`);
    expect(hashes.size).toBe(120);
    for (const pair of hashes.values()) expect(new Set(pair.map((row) => row.output_hash)).size).toBe(1);
    const taken = rows.filter((row) => row.cached);
    expect(taken).toHaveLength(120);
    expect(taken.every((row) => row.attempts === 0 && row.latency_ms === null && row.cost_usd === null)).toBe(true);
  });

  it('calls for what is new: another configuration, another repetition, and what had failed', async () => {
    await run({ variants: { control: agent(), candidate: agent('/flaky?failures=1&code=500') } });
    expect(stub.calls()).toBe(120);
    const failedThen = await run({ variants: { control: agent(), candidate: agent('/flaky?failures=1&code=500') } });
    expect(failedThen).toMatchObject({ counts: { cached: 60 }, agentCalls: 60 });
    const changed = { ...agent(), revision: 'abc' };
    expect(await run({ variants: { control: agent(), candidate: changed } })).toMatchObject({ agentCalls: 60 });
    expect(await run({ repetitions: 2, variants: { control: agent(), candidate: changed } })).toMatchObject({
      counts: { succeeded: 240, cached: 120 },
      agentCalls: 120,
    });
  });

  it('calls variants that are the same thing each for itself', async () => {
    const same = { control: agent(), candidate: agent() };
    expect(await run({ variants: same })).toMatchObject({ agentCalls: 120, counts: { cached: 0 } });
    expect(await run({ variants: same })).toMatchObject({ agentCalls: 0, counts: { cached: 120 } });
  });

  it('takes no answer that is too old, nor any without being asked to', async () => {
    await run();
    await db
      .updateTable('cached_answer')
      .set({ created_at: new Date(Date.now() - 2 * 3_600_000) })
      .execute();
    expect(await run({ cache: { maxAge: '1d' } })).toMatchObject({ agentCalls: 0 });
    expect(await run({ cache: { maxAge: '1h' } })).toMatchObject({ agentCalls: 120, counts: { cached: 0 } });
    // Those calls have made the answers young again.
    expect(await run({ cache: { maxAge: '1h' } })).toMatchObject({ agentCalls: 0 });
    const plain = await run({ cache: false });
    expect(plain.agentCalls).toBe(120);
    expect(plain.counts).not.toHaveProperty('cached');
  });

  it('is judged anew: cached answers get scores of this run', async () => {
    await run();
    const evaluators = [{ type: 'function' as const, name: 'length', function: 'length' }];
    const judged = await run({ evaluators });
    expect(judged.agentCalls).toBe(0);
    expect(judged.metrics.find(({ metric }) => metric === 'length')).toMatchObject({ n: 60 });
  });

  it('does not decide on a latency that nobody measured', async () => {
    await run();
    const second = await run({
      gate: { criteria: [{ metric: 'latencyMs', hypothesis: 'no_regression' }] },
    });
    expect(second).toMatchObject({ agentCalls: 0, verdict: 'inconclusive' });
  });

  it('is refused for an agent with side effects', async () => {
    const acting = { ...agent(), sideEffects: true };
    const spec = experimentSpec({ variants: { control: agent(), candidate: acting }, evaluators: [], cache: true });
    const refusal = await refusalOf(sluice.runs.start.mutate({ spec }));
    expect(refusal).toMatchObject({ code: 'invalid_input', message: expect.stringContaining('variants.candidate') });
  });
});
