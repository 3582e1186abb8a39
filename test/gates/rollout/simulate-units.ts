import { judgeRollout } from '../../../gates/rollout/judge-rollout.ts';
import type { StratumCounts } from '../../../schema/contracts/rollout-look.ts';
import type { RolloutPlan } from '../../../schema/contracts/rollout-plan.ts';
import type { Generator } from '../../../statistics/generator.ts';
import { count, stratum } from './rollout-plan.ts';

/**
 * One rollout over simulated units: each comes alone, is drawn by the share of its stage, has a pass/fail value, and is final at once. A look after
 * every `lookEvery` units; a stage is left after `unitsPerStage`.
 * @returns at how many units (all, and the candidate's) harm was acted on; null = never.
 */
export function simulateUnits(input: {
  plan: RolloutPlan;
  metric: string;
  /** Of the n-th unit, by arm: the probability that its value is 1. */
  rate: (arm: 'candidate' | 'control', unit: number) => number;
  unitsPerStage: number;
  lookEvery: number;
  generator: Generator;
}): { units: number; candidate: number } | null {
  const { plan, metric, rate, generator } = input;
  const strata: StratumCounts[] = [];
  const lower = plan.metrics.find(({ name }) => name === metric)?.direction === 'lower';
  let anchors = Object.fromEntries(plan.metrics.map(({ name, anchor }) => [name, anchor]));
  let units = 0;
  let candidates = 0;
  for (const [position, stage] of plan.stages.entries()) {
    const share = stage.kind === 'traffic' ? stage.share : 0;
    const open = () => {
      const opened = stratum({
        stratum: strata.length,
        stage: position,
        shares: { control: 1 - share, candidate: share },
        anchors,
      });
      strata.push(opened);
      return opened;
    };
    let current = open();
    for (let unit = 0; unit < input.unitsPerStage; unit++) {
      const arm = generator.next() < share ? 'candidate' : 'control';
      units += 1;
      if (arm === 'candidate') candidates += 1;
      const isOne = generator.next() < rate(arm, units);
      count(current, metric, arm, isOne === lower ? 0 : 100);
      if (units % input.lookEvery !== 0) continue;
      const look = judgeRollout(plan, {
        stage: position,
        elapsedMs: 0,
        disturbed: false,
        strata,
        shadow: [],
        sinceLastValueMs: {},
        evaluatorErrors: {},
        confirmedEvents: {},
        droppedExposures: 0,
      });
      if (look.next === 'roll_back') return { units, candidate: candidates };
      if (look.anchors) anchors = { ...anchors, ...look.anchors };
      if (look.next === 'reopen') current = open();
    }
  }
  return null;
}
