import type { LabelPairs } from '../schema/contracts/evidence.ts';
import type { AgreementResult, Interval } from '../schema/contracts/result.ts';
import { agreementInterval } from '../statistics/agreement-interval.ts';
import { kappaOfTable } from '../statistics/cohen-kappa.ts';
import { createGenerator } from '../statistics/generator.ts';
import { krippendorffAlpha } from '../statistics/krippendorff-alpha.ts';

type Unit = LabelPairs['units'][number];

/**
 * How far a judge agrees with people: Cohen's kappa over all (judge, person) pairs, with a BCa bootstrap over examples,
 * since answers to one example are alike; between people Krippendorff's alpha over the trials that several labelled.
 * The same pairs give the same digits.
 */
export function measureAgreement(
  pairs: LabelPairs,
  confidence: number,
  options: {
    /** Also the interval of alpha, which no gate reads and which takes longer than all else. @default true */
    alphaInterval?: boolean;
  } = {},
): AgreementResult {
  const { categories, units } = pairs;
  const counts = categories.map(() => categories.map(() => 0));
  const trials = new Set<number>();
  let labels = 0;
  let agreed = 0;
  for (const [trial, judge, , said] of units.flatMap((unit) => unit.labels)) {
    trials.add(trial);
    labels++;
    if (judge === said) agreed++;
    (counts[judge] as number[])[said] = ((counts[judge] as number[])[said] ?? 0) + 1;
  }
  const { estimate, interval, reason } = agreementInterval({
    units: units.map((unit) => cellsOf(unit, categories.length)),
    statistic: (some) => kappaOf(some, categories.length),
    chance: chanceOf(counts, labels),
    confidence,
    generator: createGenerator(`agreement/${pairs.judge}/${pairs.label}`),
  });
  return {
    judge: pairs.judge,
    label: pairs.label,
    basis: pairs.basis,
    threshold: pairs.threshold,
    trials: trials.size,
    labels,
    examples: units.length,
    people: pairs.people,
    observed: labels === 0 ? null : agreed / labels,
    kappa: estimate,
    interval: mutable(interval),
    confidence,
    ...(reason === null ? {} : { reason: labels === 0 ? whyNone(pairs) : reason }),
    categories,
    counts,
    ...amongPeople(pairs, confidence, options.alphaInterval ?? true),
    unusable: pairs.unusable,
  };
}

function whyNone({ unusable }: LabelPairs): string {
  if (unusable === 0) return 'nobody has labelled any trial that it judged';
  return `${unusable} labels cannot be compared: where the judge gave a label people gave a score, or the other way round`;
}

/** Positions in the table of what judge and person said, one per label of the unit: quick to add up again and again. */
function cellsOf({ labels }: Unit, size: number): Uint32Array {
  return Uint32Array.from(labels, ([, judge, , said]) => judge * size + said);
}

function kappaOf(units: readonly Uint32Array[], size: number): number | null {
  const joint = new Float64Array(size * size);
  for (const cells of units) {
    for (const cell of cells) joint[cell] = (joint[cell] as number) + 1;
  }
  return kappaOfTable({ joint, size });
}

/** Agreement expected by chance, needed where the agreement found is perfect. */
function chanceOf(counts: readonly (readonly number[])[], labels: number): number {
  let chance = 0;
  for (const [index, row] of counts.entries()) {
    const ofJudge = row.reduce((sum, count) => sum + count, 0);
    const ofPeople = counts.reduce((sum, other) => sum + (other[index] as number), 0);
    chance += labels === 0 ? 0 : (ofJudge / labels) * (ofPeople / labels);
  }
  return Math.min(chance, 1 - Number.EPSILON);
}

/** Alpha over the examples with a trial that two people labelled; null where there are none. */
function amongPeople(
  pairs: LabelPairs,
  confidence: number,
  withInterval: boolean,
): { alpha: number | null; alphaInterval: Interval | null } {
  const shared = pairs.units
    .map(({ labels }) => ({
      trials: [...Map.groupBy(labels, ([trial]) => trial).values()].filter((said) => said.length > 1),
    }))
    .filter(({ trials }) => trials.length > 0);
  if (shared.length === 0) return { alpha: null, alphaInterval: null };
  const statistic = (units: typeof shared) => {
    const trials = units.flatMap((unit) => unit.trials);
    const ratings = pairs.people.map((_, person) =>
      trials.map((said) => said.find(([, , by]) => by === person)?.[3] ?? null),
    );
    return krippendorffAlpha({ ratings, level: 'nominal' });
  };
  if (!withInterval) return { alpha: statistic(shared), alphaInterval: null };
  const { estimate, interval } = agreementInterval({
    units: shared,
    statistic: (units) => statistic([...units]),
    confidence,
    resamples: 1_000,
    generator: createGenerator(`agreement/people/${pairs.label}`),
  });
  return { alpha: estimate, alphaInterval: mutable(interval) };
}

function mutable(interval: readonly [number, number] | null): Interval | null {
  return interval && [interval[0], interval[1]];
}
