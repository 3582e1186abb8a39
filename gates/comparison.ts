import type { Interval } from '../schema/contracts/result.ts';

/** What a statistical test said of one candidate against control, before any criterion looks at it. */
export interface TestResult {
  estimate: number | null;
  interval: Interval | null;
  pValue: number | null;
  /** Name of the test, for people. */
  test: string;
  /** Why there is no interval. */
  reason: string | null;
}

/**
 * What an interval of this room is drawn from: the level asked for, and the seed of whatever chance the method needs.
 */
export interface TestOptions {
  /** Level of the two-sided interval. */
  confidence: number;
  seed: string;
}

/** Fewer units (examples, or clusters) than this decide nothing where the method has no exact form (DESIGN §7). */
export const fewestUnits = 6;
/** From this many independent examples on t is as good as sign flips and much cheaper. */
export const closedFormFrom = 5_000;

/** "cannot decide" with its reason. */
export function undecided(test: string, reason: string, estimate: number | null = null): TestResult {
  return { estimate, interval: null, pValue: null, test, reason };
}
