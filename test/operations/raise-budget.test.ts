import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { ExperimentSpec } from '../../schema/contracts/spec.ts';
import { addToOutbox } from '../../store/outbox/add-to-outbox.ts';
import { eventually } from '../support/eventually.ts';
import { experimentSpec } from '../support/experiment-spec.ts';
import { untilFinal, untilRun } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { refusalOf } from '../support/refusal-of.ts';
import { startStubAgent } from '../support/stub-agent.ts';
import { useTestStack } from '../support/test-stack.ts';

const { as, db, sluice, temporal } = await useTestStack();
await pushDataset(sluice, 'numbers', numberedRows(500));
const stub = await startStubAgent();
beforeEach(() => stub.reset());
afterAll(() => stub.close());

const concurrency = 8;
/** 1,000 calls at $0.001 each. */
const start = async (more: Partial<ExperimentSpec> = {}) => {
  const agent = { adapter: 'http', url: `${stub.url}/priced?usd=0.001&ms=1` } as const;
  const spec = experimentSpec({
    concurrency,
    variants: { control: agent, candidate: agent },
    evaluators: [],
    budget: { maxCostUsd: 0.4 },
    ...more,
  });
  return (await sluice.runs.start.mutate({ spec })).id;
};

describe('a run of 1,000 trials at a cap that allows 400', () => {
  it('makes about 400, says why and how to go on, and with a higher cap makes exactly the others', async () => {
    const id = await start();
    const short = await untilFinal(sluice, id);
    expect(short.counts.succeeded).toBeGreaterThanOrEqual(400);
    expect(short.counts.succeeded).toBeLessThanOrEqual(400 + concurrency);
    expect(short.counts).toMatchObject({ planned: 1_000, missing: 0, notRun: 1_000 - short.counts.succeeded });
    expect(short).toMatchObject({ status: 'completed', verdict: 'inconclusive', action: 'hold' });
    expect(short.reasons[0]).toContain('of the budget of $0.4 were spent');
    expect(short.reasons[0]).toContain('about $1.');
    expect(short.reasons[0]).toContain(`sluice run budget ${id} --max-cost-usd`);
    expect(short).not.toHaveProperty('budget');

    const raised = await sluice.runs.raiseBudget.mutate({ id, maxCostUsd: 2, reason: 'worth it' });
    expect(raised).toMatchObject({ changed: true, maxCostUsd: 2, left: short.counts.notRun });
    const whole = await untilFinal(sluice, id);
    expect(whole).toMatchObject({
      status: 'completed',
      counts: { planned: 1_000, succeeded: 1_000, failed: 0, missing: 0, notRun: 0 },
      agentCalls: 1_000,
      planHash: short.planHash,
      budget: { maxCostUsd: 2, plannedMaxCostUsd: 0.4, raisedBy: 'person:engineer' },
    });
    expect(stub.calls()).toBe(1_000);
    expect(stub.repeated()).toBe(0);
    expect(whole.costUsd).toBeCloseTo(1, 6);
    expect(whole.reasons.join()).not.toContain('of the budget');
    // The first decision stays, and so does what it stood on.
    expect(whole.decisionId).not.toBe(short.decisionId);
    const decisions = await db
      .selectFrom('decision as d')
      .innerJoin('evidence as e', 'e.id', 'd.evidence_id')
      .select(['d.id', 'd.verdict'])
      .where('d.run_id', '=', id)
      .orderBy('d.created_at')
      .execute();
    expect(decisions).toEqual([
      { id: short.decisionId, verdict: 'inconclusive' },
      { id: whole.decisionId, verdict: whole.verdict },
    ]);
    const events = await db
      .selectFrom('audit_event')
      .select(['verb', 'detail'])
      .where('subject', '=', `run:${id}`)
      .orderBy('number')
      .execute();
    expect(events.map(({ verb }) => verb)).toEqual(['run.start', 'run.raise_budget']);
    expect(events[1]?.detail).toMatchObject({ fromUsd: 0.4, toUsd: 2, reason: 'worth it' });
  });

  it('raised fifty times in parallel goes on once', async () => {
    const id = await start({ budget: { maxCostUsd: 0.02 } });
    await untilFinal(sluice, id);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => sluice.runs.raiseBudget.mutate({ id, maxCostUsd: 0.05 })),
    );
    expect(answers.filter(({ changed }) => changed)).toHaveLength(1);
    const run = await untilRun(sluice, id, (one) => one.status === 'completed' && one.counts.succeeded >= 50);
    expect(run.counts.succeeded).toBeLessThanOrEqual(50 + concurrency);
    expect(stub.repeated()).toBe(0);
    const { reopened } = await db.selectFrom('run').select('reopened').where('id', '=', id).executeTakeFirstOrThrow();
    expect(reopened).toBe(1);
  });

  it('goes on once though the message that starts it comes twice, also after its end', async () => {
    const id = await start({ budget: { maxCostUsd: 0.02 } });
    await untilFinal(sluice, id);
    await sluice.runs.raiseBudget.mutate({ id, maxCostUsd: 0.05 });
    const message = { topic: 'continue_experiment', payload: { runId: id, reopened: 1 } } as const;
    const send = () => db.transaction().execute((trx) => addToOutbox(trx, message));
    const handled = () =>
      eventually(async () => {
        const open = await db.selectFrom('outbox').select('id').where('done_at', 'is', null).execute();
        return open.length === 0 || undefined;
      }, 30_000);
    await send();
    await handled();
    const run = await untilRun(sluice, id, (one) => one.status === 'completed' && one.counts.succeeded >= 50);
    const calls = stub.calls();
    await send();
    await handled();
    await temporal.workflow.getHandle(`exp/${id}`).result();
    expect(await sluice.runs.get.query({ id })).toEqual(run);
    expect(stub.calls()).toBe(calls);
    expect(stub.repeated()).toBe(0);
  });

  it('raised while it goes on makes all of its trials without ending in between', async () => {
    const id = await start({ budget: { maxCostUsd: 0.3 } });
    await untilRun(sluice, id, (run) => run.counts.succeeded >= 50);
    await sluice.runs.raiseBudget.mutate({ id, maxCostUsd: 5 });
    const run = await untilFinal(sluice, id);
    expect(run).toMatchObject({ counts: { succeeded: 1_000, notRun: 0 }, agentCalls: 1_000 });
    const decisions = await db.selectFrom('decision').select('id').where('run_id', '=', id).execute();
    expect(decisions).toHaveLength(1);
  });
});

describe('a budget is not raised', () => {
  it('to less than it is, to what is spent already, without a budget, or for a run it did not end', async () => {
    const id = await start({ budget: { maxCostUsd: 0.02 } });
    await untilFinal(sluice, id);
    const lower = await refusalOf(sluice.runs.raiseBudget.mutate({ id, maxCostUsd: 0.01 }));
    expect(lower).toMatchObject({ code: 'conflict', message: expect.stringContaining('can only be raised') });
    const short = await refusalOf(sluice.runs.raiseBudget.mutate({ id, maxCostUsd: 0.020001 }));
    expect(short.message).toMatch(/has spent \$0\.02\d* already|allows no further call/);
    expect(await sluice.runs.raiseBudget.mutate({ id, maxCostUsd: 0.02 })).toMatchObject({ changed: false });

    const { budget: _, ...none } = experimentSpec({ variants: controlAndCandidate(), evaluators: [] });
    const free = await sluice.runs.start.mutate({ spec: { ...none, dataset: 'numbers' }, limit: 5 });
    await untilFinal(sluice, free.id);
    const without = await refusalOf(sluice.runs.raiseBudget.mutate({ id: free.id, maxCostUsd: 1 }));
    expect(without.message).toContain('no budget');

    const rich = await sluice.runs.start.mutate({
      spec: experimentSpec({ variants: controlAndCandidate(), evaluators: [], budget: { maxCostUsd: 1 } }),
      limit: 5,
    });
    await untilFinal(sluice, rich.id);
    const done = await refusalOf(sluice.runs.raiseBudget.mutate({ id: rich.id, maxCostUsd: 2 }));
    expect(done.message).toContain('made all of its 10 trials');
    const viewer = await refusalOf(as('viewer').runs.raiseBudget.mutate({ id, maxCostUsd: 3 }));
    expect(viewer.code).toBe('forbidden');
  });
});

function controlAndCandidate(): ExperimentSpec['variants'] {
  const agent = { adapter: 'http', url: `${stub.url}/priced?usd=0.001` } as const;
  return { control: agent, candidate: agent };
}
