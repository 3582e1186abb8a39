import type { MixtureStage } from '../../../statistics/design-mixture.ts';
import type { Generator } from '../../../statistics/generator.ts';

/** One unit of a simulated rollout, in order of arrival. */
export type Unit = { readonly stage: number; readonly arm: 'candidate' | 'control'; readonly value: number };

export type Ramp = {
  /** Share of the candidate per stage. */
  readonly shares: readonly number[];
  readonly unitsPerStage: number;
  /** Pass rate of control at a moment in [0, 1) of the rollout. */
  readonly baseRate: (moment: number) => number;
  /** Candidate's pass rate minus control's. */
  readonly effect?: number;
};

/** Units of a ramping rollout of a pass/fail metric whose base rate may drift. */
export function simulateRollout(generator: Generator, ramp: Ramp): Unit[] {
  const total = ramp.shares.length * ramp.unitsPerStage;
  return Array.from({ length: total }, (_, i) => {
    const stage = Math.floor(i / ramp.unitsPerStage);
    const arm = generator.next() < (ramp.shares[stage] as number) ? 'candidate' : 'control';
    const rate = ramp.baseRate(i / total) + (arm === 'candidate' ? (ramp.effect ?? 0) : 0);
    return { stage, arm, value: generator.next() < rate ? 1 : 0 };
  });
}

/** The counts that the product keeps of these units. */
export function countStages(units: readonly Unit[], shares: readonly number[], anchor: number): MixtureStage[] {
  const counts = shares.map(() => [0, 0, 0, 0]);
  for (const { stage, arm, value } of units) {
    const row = counts[stage] as number[];
    const cell = (arm === 'candidate' ? 2 : 0) + value;
    row[cell] = (row[cell] as number) + 1;
  }
  return shares.map((candidateShare, stage) => {
    const [control0 = 0, control1 = 0, candidate0 = 0, candidate1 = 0] = counts[stage] as number[];
    return {
      candidateShare,
      anchor,
      cells: [
        { arm: 'control', value: 0, count: control0 },
        { arm: 'control', value: 1, count: control1 },
        { arm: 'candidate', value: 0, count: candidate0 },
        { arm: 'candidate', value: 1, count: candidate1 },
      ],
    };
  });
}

/** Calls `decide` on the counts after every `step` units, as a rollout looks; true as soon as one look decides. */
export function atAnyLook(
  input: {
    readonly units: readonly Unit[];
    readonly shares: readonly number[];
    readonly step: number;
    readonly anchor: number;
  },
  decide: (stages: readonly MixtureStage[]) => boolean,
): boolean {
  const { units, shares, step, anchor } = input;
  const stages = countStages([], shares, anchor).map((stage) => ({
    ...stage,
    cells: stage.cells.map((cell) => ({ ...cell })),
  }));
  for (let i = 0; i < units.length; i++) {
    const { stage, arm, value } = units[i] as Unit;
    const cell = stages[stage]?.cells[(arm === 'candidate' ? 2 : 0) + value] as { count: number };
    cell.count++;
    if ((i + 1) % step === 0 && decide(stages)) return true;
  }
  return false;
}
