import { beforeAll, expect, it } from 'vitest';
import { judgeRollout, type RolloutEvidence } from '../../gates/rollout/judge-rollout.ts';
import type { RolloutLook } from '../../schema/contracts/rollout-look.ts';
import type { RolloutPlan } from '../../schema/contracts/rollout-plan.ts';
import { untilFinal } from '../support/follow-run.ts';
import { useTestStack } from '../support/test-stack.ts';
import { freshUnits, pushSupportBot, rolloutSpec, sendUnits, untilResult } from './use-rollout.ts';

const stack = await useTestStack();
const { db, sluice } = stack;
let agentId: string;
beforeAll(async () => {
  agentId = await pushSupportBot(stack);
});

/** Evidence as it is stored: counts as pairs [bin, count]. */
type Stored = { evidence: RolloutEvidence; look: RolloutLook };

function restored({ evidence }: Stored): RolloutEvidence {
  const dense = (pairs: unknown, length: number) => {
    const bins = new Float64Array(length);
    for (const [bin, count] of pairs as [number, number][]) bins[bin] = count;
    return bins;
  };
  const all = (byVariant: object, length: number) =>
    Object.fromEntries(Object.entries(byVariant).map(([variant, pairs]) => [variant, dense(pairs, length)]));
  return {
    ...evidence,
    strata: evidence.strata.map((one) => ({
      ...one,
      bins: Object.fromEntries(Object.entries(one.bins).map(([metric, byVariant]) => [metric, all(byVariant, 101)])),
    })),
    shadow: evidence.shadow.map((one) => ({ ...one, differences: all(one.differences, 201) })),
  };
}

it('every decision of a rollout is judged again from its stored evidence and policy, and comes out the same', async () => {
  const goal = { metric: 'resolved', goal: 'superior' as const };
  const metrics = [{ ...(rolloutSpec().metrics?.[0] as object), ...goal }] as ReturnType<typeof rolloutSpec>['metrics'];
  const good = await sluice.runs.start.mutate({ spec: rolloutSpec({ metrics, watch: '300ms' }) });
  const better = (variant: string) => (variant === 'candidate' ? 0.95 : 0.7);
  for (const stage of [1, 2]) {
    await untilResult(stack, good.id, (run) => run.stage === stage);
    await sendUnits(stack, agentId, { from: freshUnits(), count: 800, rate: better });
  }
  expect(await untilFinal(sluice, good.id)).toMatchObject({ action: 'roll_forward' });
  const bad = await sluice.runs.start.mutate({ spec: rolloutSpec({ candidate: 1, metrics }) });
  await untilResult(stack, bad.id, (run) => run.stage === 1);
  const worse = (variant: string) => (variant === 'candidate' ? 0.2 : 0.7);
  await sendUnits(stack, agentId, { from: freshUnits(), count: 1_500, rate: worse });
  expect(await untilFinal(sluice, bad.id)).toMatchObject({ action: 'roll_back' });
  const decisions = await db
    .selectFrom('decision as d')
    .innerJoin('evidence as e', 'e.id', 'd.evidence_id')
    .select(['d.action', 'd.policy', 'd.statistics_version as version', 'e.content'])
    .orderBy('d.created_at')
    .execute();
  expect(decisions.map(({ action }) => action)).toEqual(['roll_forward', 'roll_forward', 'roll_forward', 'roll_back']);
  for (const { policy, content } of decisions) {
    const stored = content as unknown as Stored;
    const again = judgeRollout(policy as unknown as RolloutPlan, restored(stored));
    expect(JSON.parse(JSON.stringify(again))).toEqual(stored.look);
  }
});
