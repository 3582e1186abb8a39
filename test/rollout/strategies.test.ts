import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RolloutSpec } from '../../schema/contracts/rollout.ts';
import { isFinal } from '../../schema/contracts/words.ts';
import { untilFinal } from '../support/follow-run.ts';
import { useTestStack } from '../support/test-stack.ts';
import { freshUnits, pushSupportBot, rolloutSpec, sendUnits, untilResult } from './use-rollout.ts';

const stack = await useTestStack();
const { as, db, sluice } = stack;
let agentId: string;
beforeAll(async () => {
  agentId = await pushSupportBot(stack);
  await sluice.agents.push.mutate({
    agent: 'support-bot',
    config: { adapter: 'function', function: 'solve', parameters: { right: 3 } },
  });
});
afterEach(async () => {
  for (const { id, status } of await sluice.runs.list.query({ limit: 5 })) {
    if (!isFinal(status)) await sluice.runs.abort.mutate({ id });
  }
  await as('admin').agents.setProduction.mutate({ agent: 'support-bot', version: 1, reason: 'for the next test' });
});
const resolved = rolloutSpec().metrics?.[0] as NonNullable<RolloutSpec['metrics']>[number];
const goal = [{ ...resolved, goal: 'superior' as const }];
const send = (rates: Record<string, number>, count: number) =>
  sendUnits(stack, agentId, { from: freshUnits(), count, rate: (variant) => rates[variant] ?? 0.5 });
const several = (more: Partial<RolloutSpec> = {}): RolloutSpec => {
  const { candidate: _, ...spec } = rolloutSpec({
    kind: 'ab_test',
    stages: [{ traffic: 0.3, minDuration: '10ms', minSamples: 100 }],
    metrics: goal,
    ...more,
  });
  return { ...spec, candidates: [2, 3] };
};

describe('an A/B test of several candidates', () => {
  it('promotes the better one of those that are shown to be better, at fixed shares', async () => {
    const { id } = await sluice.runs.start.mutate({ spec: several() });
    expect(await untilResult(stack, id, ({ stage }) => stage === 1)).toMatchObject({ share: 0.6 });
    await send({ control: 0.5, v2: 0.75, v3: 0.95 }, 3_000);
    const done = await untilFinal(sluice, id);
    expect(done).toMatchObject({ action: 'roll_forward', verdicts: { v2: 'inconclusive', v3: 'pass' } });
    expect(done.goals?.map(({ candidate, verdict, test }) => [candidate, verdict, test])).toEqual([
      ['v2', 'pass', expect.stringMatching(/Welch/i)],
      ['v3', 'pass', expect.stringMatching(/Welch/i)],
    ]);
    const agent = await db
      .selectFrom('agent')
      .select('production_version')
      .where('id', '=', agentId)
      .executeTakeFirstOrThrow();
    expect(agent.production_version).toBe(3);
  });

  it('returns all units to control when one of them does harm', async () => {
    const { id } = await sluice.runs.start.mutate({ spec: several({ stages: [{ traffic: 0.3, minDuration: '1h' }] }) });
    await untilResult(stack, id, ({ stage }) => stage === 1);
    await send({ control: 0.7, v2: 0.7, v3: 0.2 }, 3_000);
    expect(await untilFinal(sluice, id)).toMatchObject({
      action: 'roll_back',
      share: 0,
      verdicts: { v2: 'inconclusive', v3: 'fail' },
    });
  });
});

describe('benefit', () => {
  it('is told once, at the planned end: what comes later changes nothing until the end is another', async () => {
    const { id } = await sluice.runs.start.mutate({
      spec: rolloutSpec({
        kind: 'ab_test',
        metrics: goal,
        stages: [{ traffic: 0.5, minDuration: '10ms', minSamples: 100 }],
      }),
    });
    await untilResult(stack, id, ({ stage }) => stage === 1);
    await send({ control: 0.6, candidate: 0.6 }, 400);
    const held = await untilResult(stack, id, ({ reasons }) => /is not shown to be better/.test(reasons[0] ?? ''));
    expect(held.goals).toMatchObject([{ verdict: 'inconclusive' }]);
    await send({ control: 0.5, candidate: 0.95 }, 2_000);
    const later = await untilResult(stack, id, ({ guardrails }) => (guardrails?.[0]?.n.candidate ?? 0) > 900);
    expect(later.goals).toEqual(held.goals);
    expect(later.status).toBe('running');
    await sluice.runs.steer.mutate({ id, command: 'extend', byMs: 1_000, reason: 'one more second' });
    const done = await untilFinal(sluice, id);
    expect(done).toMatchObject({ action: 'roll_forward', verdict: 'pass' });
    // Whoever chooses the end after looking is told by an interval that holds at every end.
    expect(done.goals?.[0]?.test).not.toMatch(/Welch/i);
  });
});

describe('a shadow stage', () => {
  it('comes first: users see control until enough pairs of answers show no harm', async () => {
    const { id } = await sluice.runs.start.mutate({
      spec: rolloutSpec({
        stages: [
          { shadow: 0.5, minSamples: 50 },
          { traffic: 0.2, minDuration: '1h' },
        ],
      }),
    });
    const shadowed = await untilResult(stack, id, ({ stage }) => stage === 1);
    expect(shadowed.share).toBe(0);
    const { split } = await db
      .selectFrom('traffic')
      .select('split')
      .where('agent_id', '=', agentId)
      .executeTakeFirstOrThrow();
    expect(split).toMatchObject({
      shadow: { variant: 'candidate', version: 2, share: 0.5 },
      variants: [{ name: 'control' }],
    });
    const pair = { run_id: id, stage: 0, variant: 'candidate', metric: 'resolved', slot: 0 };
    await db
      .insertInto('shadow_count')
      .values([
        { ...pair, difference: 0, count: 80 },
        { ...pair, difference: 100, count: 10 },
        { ...pair, difference: -100, count: 10 },
      ])
      .execute();
    expect(await untilResult(stack, id, ({ stage }) => stage === 2)).toMatchObject({ share: 0.2 });
  });

  it('that shows harm ends the rollout before any user saw the candidate', async () => {
    const { id } = await sluice.runs.start.mutate({
      spec: rolloutSpec({ stages: [{ shadow: 1, minSamples: 500 }, { traffic: 0.2 }] }),
    });
    await untilResult(stack, id, ({ stage }) => stage === 1);
    const pair = { run_id: id, stage: 0, variant: 'candidate', metric: 'resolved', slot: 0 };
    await db
      .insertInto('shadow_count')
      .values({ ...pair, difference: -100, count: 200 })
      .execute();
    expect(await untilFinal(sluice, id)).toMatchObject({ action: 'roll_back', verdict: 'fail' });
    expect(await db.selectFrom('exposure').select('unit').where('run_id', '=', id).execute()).toEqual([]);
  });
});
