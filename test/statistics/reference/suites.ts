import { assignUnit } from '../../../assignment/assign-unit.ts';
import { type BucketRange, bucketRanges, equalWeights } from '../../../assignment/bucket-ranges.ts';
import { chooseVariation } from '../../../assignment/choose-variation.ts';
import { fnv1a32 } from '../../../assignment/fnv1a32.ts';
import { hashUnit } from '../../../assignment/hash-unit.ts';
import { inNamespace } from '../../../assignment/in-namespace.ts';
import { agrestiCaffoInterval } from '../../../statistics/agresti-caffo-interval.ts';
import { bcaBounds } from '../../../statistics/bca-bounds.ts';
import { benjaminiHochberg } from '../../../statistics/benjamini-hochberg.ts';
import { clopperPearsonInterval } from '../../../statistics/clopper-pearson-interval.ts';
import { cohenKappa } from '../../../statistics/cohen-kappa.ts';
import { designMixture, type MixtureStage } from '../../../statistics/design-mixture.ts';
import { fleissKappa } from '../../../statistics/fleiss-kappa.ts';
import { chiSquareUpper } from '../../../statistics/gamma.ts';
import { holm } from '../../../statistics/holm.ts';
import { krippendorffAlpha } from '../../../statistics/krippendorff-alpha.ts';
import { mcnemarTest } from '../../../statistics/mcnemar-test.ts';
import { mixtureInterval } from '../../../statistics/mixture-interval.ts';
import { newcombeInterval } from '../../../statistics/newcombe-interval.ts';
import { nonInferiorityTTest } from '../../../statistics/non-inferiority-t-test.ts';
import { sampleRatioTest } from '../../../statistics/sample-ratio-test.ts';
import { sequentialSampleRatioTest } from '../../../statistics/sequential-sample-ratio-test.ts';
import type { Alternative } from '../../../statistics/t-power.ts';
import { cohenH, type TwoSampleEffect, twoSamplePower, twoSampleSize } from '../../../statistics/two-sample-power.ts';
import { welchTTest } from '../../../statistics/welch-t-test.ts';
import { wilsonInterval } from '../../../statistics/wilson-interval.ts';
import { mcnemarChiSquare, mcnemarMidP } from './mcnemar.ts';
import { benjaminiYekutieli, bonferroni } from './multiple-comparisons.ts';
import { pairwiseMean } from './pairwise-mean.ts';
import { percentileBounds } from './percentile-bootstrap.ts';
import { agrestiCoullInterval, fisherExact, jeffreysInterval, pooledZTest, waldInterval } from './proportions.ts';
import { type GbStatistic, summaryOf } from './summaries.ts';

/** How each golden suite is answered: by the product where it has the field, by the functions beside the tests elsewhere. */
const suites: Record<string, (input: never) => unknown> = {
  agreement_cohen: (input: { rater1: number[]; rater2: number[]; labels: number[] }) => ({
    unweighted: cohenKappa(input),
    linear: cohenKappa({ ...input, weights: 'linear' }),
    quadratic: cohenKappa({ ...input, weights: 'quadratic' }),
  }),
  agreement_fleiss: (input: { table: number[][] }) => ({ kappa: fleissKappa(input) }),
  agreement_krippendorff: ({ ratings }: { ratings: (number | null)[][] }) => ({
    nominal: krippendorffAlpha({ ratings, level: 'nominal' }),
    ordinal: krippendorffAlpha({ ratings, level: 'ordinal' }),
    interval: krippendorffAlpha({ ratings, level: 'interval' }),
    ratio: krippendorffAlpha({ ratings, level: 'ratio' }),
  }),
  design_mixture: ({ stages, alpha, margin }: { stages: MixtureStage[]; alpha: number; margin: number }) => {
    // The suite asks for both statements at the same distance; the product keeps margin and harmBeyond apart.
    const test = designMixture({ stages, alpha, margin, harmBeyond: margin });
    return { ...test, ...mixtureInterval({ stages, confidence: 1 - alpha }) };
  },
  growthbook_hash: growthbook,
  growthbook_published_cases: published,
  mcnemar: ({ b, c }: { b: number; c: number }) => {
    const exact = mcnemarTest({ onlyControl: b, onlyCandidate: c }).pValue;
    const corrected = mcnemarChiSquare(b, c, true);
    const plain = mcnemarChiSquare(b, c, false);
    return {
      exact,
      mid_p: mcnemarMidP(b, c, exact),
      chi2_cc: corrected.chi2,
      p_cc: corrected.p,
      chi2: plain.chi2,
      p_chi2: plain.p,
    };
  },
  multiple_comparisons: ({ p, alpha }: { p: number[]; alpha: number }) => ({
    holm: holm({ pValues: p, alpha }),
    bonferroni: bonferroni({ pValues: p, alpha }),
    bh: benjaminiHochberg({ pValues: p, alpha }),
    by: benjaminiYekutieli({ pValues: p, alpha }),
  }),
  noninferiority_t: (input: TwoArms & { margin: number }) => {
    const result = nonInferiorityTTest({ ...armsOf(input), alpha: input.alpha, margin: input.margin });
    return {
      estimate: result.estimate,
      lower: result.lower,
      p: result.pValue,
      noninferior: result.nonInferior,
      error: result.reason,
    };
  },
  paired_bootstrap: pairedBootstrap,
  power: (input: PowerCase) => {
    const effect: TwoSampleEffect =
      input.kind === 'mean'
        ? { kind: 'mean', standardizedDifference: input.d }
        : { kind: 'proportion', first: input.p1, second: input.p2 };
    const { alpha, ratio, alternative } = input;
    return {
      h: input.kind === 'mean' ? undefined : cohenH(input.p1, input.p2),
      n: twoSampleSize({ effect, alpha, ratio, alternative, power: input.power }),
      power_at_n: twoSamplePower({ effect, alpha, ratio, alternative, n: input.n_for_power }),
    };
  },
  proportion_intervals: ({ a, b, alpha }: ProportionCase) => {
    const confidence = 1 - alpha;
    const z = pooledZTest(a, b);
    return {
      wilson: wilsonInterval({ ...a, confidence }).interval,
      clopper_pearson: clopperPearsonInterval({ ...a, confidence }).interval,
      agresti_coull: agrestiCoullInterval(a, alpha),
      jeffreys: jeffreysInterval(a, alpha),
      newcombe: newcombeInterval({ candidate: a, control: b, confidence }).interval,
      agresti_caffo: agrestiCaffoInterval({ candidate: a, control: b, confidence }).interval,
      wald: waldInterval(a, b, alpha),
      z: z.z,
      p_z: z.p,
      p_fisher: fisherExact(a, b),
    };
  },
  srm_chi_square: (input: { observed: number[]; weights: number[] }) => {
    const { chiSquare, degrees, pValue, mismatch } = sampleRatioTest(input);
    const gbstatsDegrees = input.observed.length - 1;
    return {
      chi2: chiSquare,
      df: degrees,
      p: pValue,
      flagged: mismatch,
      gbstats_p: gbstatsDegrees > 0 ? chiSquareUpper(chiSquare, gbstatsDegrees) : 1,
    };
  },
  srm_sequential: (input: { batches: number[][]; null: number[]; concentration: number }) => {
    const looks = sequentialSampleRatioTest({ ...input, weights: input.null });
    return { log_bayes_factor: looks.map((look) => look.logBayesFactor), p: looks.map((look) => look.pValue) };
  },
  welch_t: (input: TwoArms) => {
    const result = welchTTest({ ...armsOf(input), confidence: 1 - input.alpha });
    return {
      estimate: result.estimate,
      ci: result.interval,
      p: result.pValue,
      se: result.standardError,
      error: result.reason,
    };
  },
};

export const suiteNames = Object.keys(suites);

/** The answer to one case, shaped like its `expected`. */
export function runSuiteCase(suite: string, input: unknown): unknown {
  const run = suites[suite];
  if (run === undefined) throw new RangeError(`unknown suite ${suite}`);
  return run(input as never);
}

type ProportionCase = {
  readonly a: { readonly successes: number; readonly n: number };
  readonly b: { readonly successes: number; readonly n: number };
  readonly alpha: number;
};

type TwoArms = {
  readonly a: GbStatistic;
  readonly b: GbStatistic;
  readonly difference: 'absolute' | 'relative';
  readonly alpha: number;
};

type PowerCase = {
  readonly alpha: number;
  readonly power: number;
  readonly ratio: number;
  readonly alternative: Alternative;
  readonly n_for_power: number;
} & (
  | { readonly kind: 'mean'; readonly d: number }
  | { readonly kind: 'proportion'; readonly p1: number; readonly p2: number }
);

function armsOf({ a, b, difference }: TwoArms) {
  return { candidate: summaryOf(b), control: summaryOf(a), difference };
}

function pairedBootstrap(input: { a: number[]; b: number[]; confidence: number; indices: number[][] }) {
  const differences = input.b.map((value, i) => value - (input.a[i] as number));
  const mean = pairwiseMean;
  const estimate = mean(differences);
  const resampled = input.indices.map((row) => mean(row.map((index) => differences[index] as number)));
  const leaveOneOut = differences.map((_, i) => mean(differences.filter((_, j) => j !== i)));
  const allEqual = Math.max(...differences) - Math.min(...differences) <= 1e-12;
  return {
    estimate,
    percentile: percentileBounds(resampled, input.confidence),
    bca: allEqual ? null : bcaBounds({ estimate, resampled, leaveOneOut, confidence: input.confidence }).interval,
  };
}

type GrowthbookCase =
  | { op: 'hash'; seed: string; value: string; version: number }
  | { op: 'fnv1a32'; value?: string; text?: string; s?: string }
  | { op: 'inNamespace'; user: string; namespace: [string, number, number] }
  | { op: 'bucketRanges'; variations: number; coverage: number; weights: number[] | null }
  | { op: 'chooseVariation'; n: number; ranges: BucketRange[] }
  | {
      op: 'assign';
      seed: string;
      value: string;
      version: number;
      variations: number;
      coverage: number;
      weights: number[] | null;
    };

function growthbook(input: GrowthbookCase): unknown {
  switch (input.op) {
    case 'hash':
      return hashUnit({ seed: input.seed, unit: input.value, version: input.version });
    case 'fnv1a32':
      return fnv1a32((input.value ?? input.text ?? input.s) as string);
    case 'inNamespace':
      return inNamespace({ unit: input.user, namespace: input.namespace });
    case 'bucketRanges':
      return bucketRanges(input);
    case 'chooseVariation':
      return chooseVariation(input);
    case 'assign':
      return assignUnit({
        seed: input.seed,
        unit: input.value,
        hashVersion: input.version,
        ranges: bucketRanges(input),
      });
    default:
      throw new RangeError(`unknown op ${JSON.stringify(input)}`);
  }
}

function published({ op, arguments: tuple }: { op: string; arguments: never[] }): unknown {
  switch (op) {
    case 'hash':
      return hashUnit({ seed: tuple[0] as never, unit: tuple[1] as never, version: tuple[2] as never });
    case 'getBucketRange': {
      const [variations, coverage, weights] = tuple[1] as unknown as [number, number, number[] | null];
      return bucketRanges({ variations, coverage, weights });
    }
    case 'chooseVariation':
      return chooseVariation({ n: tuple[1] as never, ranges: tuple[2] as never });
    case 'inNamespace':
      return inNamespace({ unit: tuple[1] as never, namespace: tuple[2] as never });
    case 'getEqualWeights':
      return equalWeights(tuple[0] as never);
    default:
      throw new RangeError(`unknown published function ${op}`);
  }
}
