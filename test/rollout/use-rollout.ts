import { decideVariant } from '../../assignment/decide-variant.ts';
import type { RunResult } from '../../schema/contracts/result.ts';
import type { RolloutSpec } from '../../schema/contracts/rollout.ts';
import type { TrafficSplit } from '../../schema/contracts/traffic.ts';
import { storeOutcomes } from '../../store/outcomes/store-outcomes.ts';
import { findSplit } from '../../store/traffic/find-split.ts';
import { insertExposures } from '../../store/traffic/insert-exposures.ts';
import { eventually } from '../support/eventually.ts';
import type { TestStack } from '../support/test-stack.ts';

/** A canary of `support-bot` that looks each second and asks nobody. */
export function rolloutSpec(more: Partial<RolloutSpec> = {}): RolloutSpec {
  return {
    kind: 'rollout',
    name: 'support-bot-v2',
    agent: 'support-bot',
    candidate: 2,
    stages: [
      { traffic: 0.2, minDuration: '10ms', minSamples: 50 },
      { traffic: 0.5, minDuration: '10ms', minSamples: 100 },
    ],
    metrics: [
      {
        metric: 'resolved',
        guardrail: true,
        kind: 'binary',
        attributionWindow: '1ms',
        silence: 'exclude',
        controlMean: 0.7,
      },
    ],
    cadence: '200ms',
    approvals: { promote: 0 },
    ...more,
  };
}

/** Versions 1 (in production) and 2 of `support-bot`. @returns its id */
export async function pushSupportBot(stack: TestStack): Promise<string> {
  for (const revision of ['one', 'two']) {
    await stack.sluice.agents.push.mutate({
      agent: 'support-bot',
      config: { adapter: 'function', function: 'solve', parameters: { right: 10 }, revision },
    });
  }
  const agent = await stack.db
    .selectFrom('agent')
    .select('id')
    .where('name', '=', 'support-bot')
    .executeTakeFirstOrThrow();
  return agent.id;
}

/**
 * Sends units through whatever split stands: exposure, then outcome. Who gets what is drawn; of those who get a variant exactly the share `rate`
 * succeeds, evenly spread, so that no test hangs on an unlucky draw of values.
 */
export async function sendUnits(
  stack: TestStack,
  agentId: string,
  input: { from: number; count: number; rate: (variant: string) => number; metric?: string },
): Promise<void> {
  const split = (await findSplit(stack.db, agentId)) as TrafficSplit;
  const served: Record<string, number> = {};
  const units = Array.from({ length: input.count }, (_, index) => {
    const unit = `session-${input.from + index}`;
    const { position } = decideVariant(split, unit, { leased: true });
    const variant = split.variants[position]?.name as string;
    const before = served[variant] ?? 0;
    served[variant] = before + 1;
    const rate = input.rate(variant);
    return { unit, variant, value: Math.floor((before + 1) * rate + 1e-9) - Math.floor(before * rate + 1e-9) };
  });
  const at = new Date();
  await insertExposures(stack.db, {
    agentId,
    exposures: units.map(({ unit, variant }) => ({ unit, variant, revision: split.revision, at })),
  });
  await storeOutcomes(stack.db, {
    agentId,
    outcomes: units.map(({ unit, value }, index) => ({
      index,
      unit,
      metric: input.metric ?? 'resolved',
      identifier: 'first',
      revision: 0,
      value,
      at,
    })),
  });
}

/** Waits until the result says so. */
export function untilResult(stack: TestStack, id: string, says: (result: RunResult) => boolean): Promise<RunResult> {
  return eventually(async () => {
    const result = await stack.sluice.runs.get.query({ id });
    if (!says(result)) throw new Error(`it is at ${JSON.stringify({ ...result, guardrails: result.guardrails })}`);
    return result;
  });
}

/** A rollout of one stage whose samples are there, so that it asks to promote; resolves when it asks. */
export async function askingRollout(
  stack: TestStack,
  agentId: string,
  more: Partial<RolloutSpec> = {},
): Promise<RunResult> {
  const { id } = await stack.sluice.runs.start.mutate({
    spec: rolloutSpec({
      stages: [{ traffic: 0.5, minDuration: '10ms', minSamples: 50 }],
      approvals: { promote: 1 },
      ...more,
    }),
  });
  await untilResult(stack, id, ({ stage }) => stage === 1);
  await sendUnits(stack, agentId, { from: freshUnits(), count: 300, rate: () => 0.7 });
  return untilResult(stack, id, ({ status, approval }) => status === 'awaiting_approval' && approval?.state === 'open');
}

let sent = 0;
/** Units that no rollout of this file had: an outcome belongs to one exposure. */
export function freshUnits(): number {
  sent += 1;
  return sent * 1_000_000;
}
