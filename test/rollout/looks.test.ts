import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActivities } from '../../activities/index.ts';
import { activityDependencies } from '../support/activity-dependencies.ts';
import { evidenceOf } from '../support/awaiting-run.ts';
import { useTestStack } from '../support/test-stack.ts';
import { freshUnits, pushSupportBot, rolloutSpec, sendUnits } from './use-rollout.ts';

// No worker: the test looks, as often and as many at once as it likes.
const stack = await useTestStack({ workers: 0 });
const { as, db, sluice } = stack;
// What a look fails with is told by the test.
const logger = new DefaultLogger('ERROR', () => {});
const dependencies = activityDependencies(stack);
const { lookAtRollout } = createActivities(dependencies);
let agentId: string;
beforeAll(async () => {
  agentId = await pushSupportBot(stack);
});
afterAll(() => dependencies.close());

/** One look as Temporal would ask for it; `waits` when it has nothing to do yet. */
const look = async (runId: string): Promise<'waits' | 'moved' | 'ended'> => {
  try {
    const answer = (await new MockActivityEnvironment({}, { logger }).run(lookAtRollout, { runId })) as {
      ended: boolean;
    };
    return answer.ended ? 'ended' : 'moved';
  } catch (error) {
    if ((error as { type?: string }).type === 'nothing_yet') return 'waits';
    throw error;
  }
};
const tenLooks = (runId: string) => Promise.all(Array.from({ length: 10 }, () => look(runId)));
const count = async (table: 'traffic_revision' | 'stratum' | 'decision' | 'approval_request', runId: string) =>
  (await db.selectFrom(table).select('run_id').where('run_id', '=', runId).execute()).length;
const oneStage = [{ traffic: 0.5, minDuration: '1ms', minSamples: 50 }];
const send = (rate: (variant: string) => number = () => 0.7, units = 400) =>
  sendUnits(stack, agentId, { from: freshUnits(), count: units, rate });
const backToOne = () =>
  as('admin').agents.setProduction.mutate({ agent: 'support-bot', version: 1, reason: 'for the next test' });

describe('ten looks at once act like one', () => {
  it('when a stage is entered, and again when the candidate is promoted', async () => {
    const { id } = await sluice.runs.start.mutate({ spec: rolloutSpec({ stages: oneStage }) });
    expect(await tenLooks(id)).toContain('moved');
    expect([await count('traffic_revision', id), await count('stratum', id)]).toEqual([1, 1]);
    await send();
    const ends = await tenLooks(id);
    expect(ends).not.toContain('waits');
    expect(await count('decision', id)).toBe(1);
    expect(await count('traffic_revision', id)).toBe(1);
    const { split, revision } = await db
      .selectFrom('traffic')
      .select(['split', 'revision'])
      .where('agent_id', '=', agentId)
      .executeTakeFirstOrThrow();
    expect([Number(revision), split.variants]).toEqual([2, [{ name: 'control', version: 2, range: [0, 1] }]]);
    // Tried again after a worker that died between commit and answer.
    expect(await look(id)).toBe('ended');
    await backToOne();
  });

  it('when harm rolls back: one decision, one revision', async () => {
    const { id } = await sluice.runs.start.mutate({ spec: rolloutSpec({ stages: oneStage }) });
    await look(id);
    await send((variant) => (variant === 'candidate' ? 0.2 : 0.7), 1_000);
    const before = await db.selectFrom('traffic_revision').select('revision').where('agent_id', '=', agentId).execute();
    await tenLooks(id);
    const after = await db.selectFrom('traffic_revision').select('revision').where('agent_id', '=', agentId).execute();
    expect([await count('decision', id), after.length - before.length]).toEqual([1, 1]);
    expect(await sluice.runs.get.query({ id })).toMatchObject({ status: 'completed', action: 'roll_back' });
  });

  it('when persons are asked: one request, with one answer', async () => {
    const { id } = await sluice.runs.start.mutate({
      spec: rolloutSpec({ stages: oneStage, approvals: { stages: { '1': 1 }, promote: 0 } }),
    });
    expect(await tenLooks(id)).toEqual(Array(10).fill('waits'));
    expect(await count('approval_request', id)).toBe(1);
    await as('approver').runs.approve.mutate(evidenceOf(await sluice.runs.get.query({ id })));
    await tenLooks(id);
    expect([await count('approval_request', id), await count('stratum', id)]).toEqual([1, 1]);
    await sluice.runs.abort.mutate({ id });
  });
});

it('a command between a look and its deed is heeded: a look acts on nothing that has changed since', async () => {
  for (let round = 0; round < 10; round += 1) {
    const { id } = await sluice.runs.start.mutate({
      spec: rolloutSpec({ stages: [...oneStage, { traffic: 0.9, minDuration: '1h' }] }),
    });
    await look(id);
    await send();
    // All at once: whatever comes first, an aborted rollout has no traffic, and nothing is left of it.
    await Promise.all([
      tenLooks(id),
      sluice.runs.abort.mutate({ id }),
      as('on_call')
        .agents.rollback.mutate({ agent: 'support-bot', reason: 'x' })
        .catch(() => null),
    ]);
    const { split } = await db
      .selectFrom('traffic')
      .select('split')
      .where('agent_id', '=', agentId)
      .executeTakeFirstOrThrow();
    expect([split.runId, split.variants]).toEqual([null, [{ name: 'control', version: 1, range: [0, 1] }]]);
    expect(await sluice.runs.get.query({ id })).toMatchObject({ status: 'aborted', phase: 'ended', share: 0 });
    expect(await look(id)).toBe('ended');
  }
});

it('a lease is renewed by looks that end well and not by those that fail, so that a defect leads to control', async () => {
  const { id } = await sluice.runs.start.mutate({
    spec: rolloutSpec({ stages: [{ traffic: 0.5, minDuration: '1h' }] }),
  });
  await look(id);
  const lease = async () =>
    (
      await db.selectFrom('traffic').select('lease_until').where('agent_id', '=', agentId).executeTakeFirstOrThrow()
    ).lease_until?.getTime() ?? 0;
  const first = await lease();
  expect(await look(id)).toBe('waits');
  const second = await lease();
  expect(second).toBeGreaterThan(first);
  // As if a defect broke every look: what it judges by cannot be read.
  const { plan } = await db.selectFrom('run').select('plan').where('id', '=', id).executeTakeFirstOrThrow();
  const write = (what: object) =>
    db
      .updateTable('run')
      .set({ plan: JSON.stringify(what) as never })
      .where('id', '=', id)
      .execute();
  await write({ ...plan, metrics: null });
  await expect(look(id)).rejects.toThrow(TypeError);
  expect(await lease()).toBe(second);
  await write(plan);
  await look(id);
  expect(await lease()).toBeGreaterThan(second);
});
