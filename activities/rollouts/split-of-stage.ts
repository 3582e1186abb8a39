import { stageRanges } from '../../assignment/stage-ranges.ts';
import type { RolloutPlan } from '../../schema/contracts/rollout-plan.ts';
import type { TrafficSplit } from '../../schema/contracts/traffic.ts';
import { sha256 } from '../../schema/ids.ts';

export interface StageSplit {
  split: Omit<TrafficSplit, 'revision'>;
  seed: string;
  /** Probability of each variant. */
  shares: Record<string, number>;
}

/**
 * The split of a stage: shadow stages serve control to all; `plan.stages.length` is the watch after the promotion of
 * `promoted`, in which the old version keeps the holdback and new units' fallback is the new one.
 */
export function splitOfStage(
  plan: RolloutPlan,
  input: { runId: string; stage: number; startedAtMs: number; promoted?: string },
): StageSplit {
  const stage = plan.stages[input.stage];
  const seed = plan.rerandomize === 'each_stage' ? sha256(`${plan.seed}/${input.stage}`).slice(0, 16) : plan.seed;
  const control = { name: 'control', version: plan.controlVersion };
  const base = {
    agent: plan.agent.name,
    agentId: plan.agent.id,
    runId: input.runId,
    hashVersion: plan.hashVersion,
    unit: plan.unit,
    conditions: plan.conditions,
    force: plan.force,
    startedAtMs: input.startedAtMs,
    sessions: plan.sessions,
  };
  if (stage?.kind === 'shadow') {
    const [candidate] = plan.candidates;
    if (candidate === undefined) throw new Error('a shadow stage needs a candidate');
    const shadow = { variant: candidate.name, version: candidate.version, share: stage.shadow };
    const variants = [{ ...control, range: [0, 1] as [number, number] }];
    return { seed, shares: { control: 1 }, split: { ...base, seed, variants, fallback: 0, shadow } };
  }
  const candidates =
    stage === undefined ? plan.candidates.filter(({ name }) => name === input.promoted) : plan.candidates;
  const share = stage === undefined ? 1 - (plan.watch?.holdback ?? 0) : stage.share;
  const strategy = stage === undefined ? 'canary' : plan.strategy;
  const ranges = stageRanges({ strategy, candidates: candidates.length, share });
  const variants = [
    { ...control, range: [...ranges.control] as [number, number] },
    ...candidates.map((candidate, index) => ({
      ...candidate,
      range: [...(ranges.candidates[index] ?? [0, 0])] as [number, number],
    })),
  ];
  const shares = Object.fromEntries(variants.map(({ name, range }) => [name, range[1] - range[0]]));
  return { seed, shares, split: { ...base, seed, variants, fallback: stage === undefined ? 1 : 0, shadow: null } };
}
