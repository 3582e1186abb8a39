import { type GatePolicy, isGoal } from '../schema/contracts/gate.ts';
import type { ComparisonResult, DetectableEffect } from '../schema/contracts/result.ts';
import type { MetricKind } from '../schema/contracts/words.ts';
import { mcnemarDetectableEffect } from '../statistics/mcnemar-power.ts';
import { normalQuantile } from '../statistics/normal.ts';
import { pairedMeanDetectableEffect } from '../statistics/paired-mean-power.ts';
import { defaultConfidence } from './describe-variant.ts';

/** What is known of a run before its first call. */
export interface PlannedSize {
  examples: number;
  repetitions: number;
  /** Examples that share a cluster key count once; null when all are independent. */
  clusters: number | null;
}

/** A finished run on the same data, whose spread stands for the coming one's. */
export interface EarlierRun {
  id: string;
  comparisons: readonly ComparisonResult[];
}

const power = 0.8;
/** Pass/fail without an earlier run: so many examples answer otherwise in a call of the candidate than in one of control. */
const assumedDiscordance = 0.2;
/** Share of that spread which is of the example and not of the call: repetitions thin the rest only. */
const assumedLasting = 0.5;
/** Share of the spread that examples of one cluster have in common. */
const assumedCorrelation = 0.2;
/** Largest number of examples at which the exact power of McNemar is computed; above, t agrees to 2 %. */
const exactUpTo = 1_000;

/**
 * The smallest effect that each metric shows with probability 0.8, stated before the first call. The spread is that of an
 * earlier run where there is one, else for pass/fail an assumption that is named; scores without either say that nothing
 * is known.
 */
export function detectableEffects(input: {
  policy: GatePolicy | null;
  metrics: readonly { name: string; kind: MetricKind }[];
  size: PlannedSize;
  earlier: EarlierRun | null;
}): DetectableEffect[] {
  const { policy, metrics, size, earlier } = input;
  const goals = (policy?.criteria ?? []).filter(isGoal).length;
  return metrics.map(({ name, kind }) => {
    const criterion = policy?.criteria.find(
      (one) => one.metric === name && one.split === undefined && one.slice === undefined,
    );
    const shared = criterion !== undefined && isGoal(criterion) ? goals : 1;
    const alpha = Number(((1 - (criterion?.confidence ?? defaultConfidence)) / shared).toFixed(12));
    const stated = { metric: name, kind, power, alpha, n: size.examples };
    const known = earlier?.comparisons.find(
      (one) => one.metric === name && one.split === undefined && one.slice === undefined && one.interval !== null,
    );
    if (earlier !== null && known !== undefined && varianceOf(known) > 0) {
      const effect = fromEarlier(known, size, alpha);
      return { ...stated, effect, basis: `the spread of ${earlier.id} (n = ${known.n})` };
    }
    if (kind !== 'binary') return { ...stated, effect: null, basis: 'no earlier run tells the spread' };
    return { ...stated, ...assumed(size, alpha) };
  });
}

/** Variance of the difference of one independent example, read off the width of an interval. */
function varianceOf({ interval, confidence, n }: ComparisonResult): number {
  const [low = 0, high = 0] = interval ?? [];
  const error = (high - low) / (2 * normalQuantile(1 - (1 - confidence) / 2));
  return n * error ** 2;
}

/** Clusters and repetitions of the earlier run stand in its interval; only the number of examples is scaled. */
function fromEarlier(known: ComparisonResult, size: PlannedSize, alpha: number): number | null {
  if (known.test.startsWith('exact McNemar') && size.repetitions === 1 && size.clusters === null) {
    const discordant = (known.improved + known.regressed) / known.n;
    if (discordant > 0 && size.examples <= exactUpTo) {
      return mcnemarDetectableEffect({ n: size.examples, discordant, alpha, power });
    }
  }
  return pairedMeanDetectableEffect({ units: size.examples, betweenVariance: varianceOf(known), alpha, power });
}

function assumed(
  { examples, repetitions, clusters }: PlannedSize,
  alpha: number,
): { effect: number | null; basis: string } {
  const share = `${100 * assumedDiscordance} % of answers differ`;
  if (repetitions === 1 && clusters === null && examples <= exactUpTo) {
    const effect = mcnemarDetectableEffect({ n: examples, discordant: assumedDiscordance, alpha, power });
    const basis = effect === null ? `not even if ${share}, all one way` : `assuming that ${share}`;
    return { effect, basis };
  }
  const effect = pairedMeanDetectableEffect({
    units: examples,
    betweenVariance: assumedDiscordance * assumedLasting,
    withinVariance: assumedDiscordance * (1 - assumedLasting),
    repetitions,
    clusterSize: clusters === null ? 1 : examples / clusters,
    intraclassCorrelation: clusters === null ? 0 : assumedCorrelation,
    alpha,
    power,
  });
  const half = repetitions > 1 ? ', half of it by chance of the call' : '';
  const common = clusters === null ? '' : `, ${100 * assumedCorrelation} % of the spread common to a cluster`;
  return { effect: effect !== null && effect > 1 ? null : effect, basis: `assuming that ${share}${half}${common}` };
}
