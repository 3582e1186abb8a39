import type { Direction, MetricKind } from '../schema/contracts/words.ts';
import type { Generator } from '../statistics/generator.ts';

/** What a metric is assumed to be. */
export interface SimulatedMetric {
  name: string;
  kind: MetricKind;
  direction: Direction;
  /** Control's pass rate, mean, or median of an amount. */
  base: number;
  /** candidate - control in the metric's own unit; for money, durations and counts a share of control's level. */
  effect: number;
  /** Pass/fail: share of examples that answer otherwise. Scores: deviation of a difference. Amounts: that of its logarithm. */
  spread: number;
}

/** Values of one simulated metric. Index = example * repetitions + repetition. */
export interface SimulatedPairs {
  control: Float64Array;
  candidate: Float64Array;
  /** A further call of the candidate on an example. */
  rerun(example: number): number;
}

/** Share of a deviation that is of the example, not of the call. */
const lasting = 0.5;
/** Share that examples of a cluster have in common. */
const common = 0.2;

/**
 * Draws control and candidate for every example and repetition. A draw is taken anew for each call, or is the one that
 * lasts for the example, or the one that its cluster shares; so the mean over calls is as declared, and clusters and
 * repetitions correlate.
 * @throws {RangeError} when control's pass rate and the effect leave 0..1
 */
export function drawPairs(
  metric: SimulatedMetric,
  size: { examples: number; repetitions: number; clusters: number | null },
  random: Generator,
): SimulatedPairs {
  const { examples, repetitions, clusters } = size;
  const drawPair = metric.kind === 'binary' ? passOrFail(metric, random) : amounts(metric, random);
  const ofCluster = Array.from({ length: clusters ?? 0 }, drawPair);
  const ofExample = Array.from({ length: examples }, drawPair);
  const drawCall = (example: number): Pair => {
    const at = random.next();
    if (clusters !== null && at < common) return ofCluster[example % clusters] as Pair;
    return at < common + (1 - common) * lasting ? (ofExample[example] as Pair) : drawPair();
  };
  const control = new Float64Array(examples * repetitions);
  const candidate = new Float64Array(examples * repetitions);
  for (let cell = 0; cell < control.length; cell++) {
    const [one, other] = drawCall(Math.floor(cell / repetitions));
    control[cell] = one;
    candidate[cell] = other;
  }
  return { control, candidate, rerun: (example) => drawCall(example)[1] };
}

type Pair = readonly [control: number, candidate: number];

function passOrFail({ name, base, effect, spread }: SimulatedMetric, random: Generator): () => Pair {
  const rate = base + effect;
  if (!(base >= 0 && base <= 1 && rate >= 0 && rate <= 1)) {
    throw new RangeError(
      `${name}: pass rates must be in 0..1, found ${base} for control and ${rate} for the candidate`,
    );
  }
  // As many discordant pairs as asked for, as far as both rates allow.
  const most = Math.min(2 * base + effect, 2 * (1 - base) - effect);
  const discordant = Math.max(Math.abs(effect), Math.min(spread, most));
  const onlyCandidate = (discordant + effect) / 2;
  const onlyControl = (discordant - effect) / 2;
  const both = base - onlyControl;
  return () => {
    const at = random.next();
    if (at < onlyCandidate) return [0, 1];
    if (at < onlyCandidate + onlyControl) return [1, 0];
    return at < onlyCandidate + onlyControl + both ? [1, 1] : [0, 0];
  };
}

function amounts({ kind, base, effect, spread }: SimulatedMetric, random: Generator): () => Pair {
  // Two sides of one example have half of their variance in common; a difference has the spread asked for.
  const own = spread / Math.SQRT2;
  return () => {
    const shared = own * random.nextNormal();
    const [one, other] = [shared + own * random.nextNormal(), shared + own * random.nextNormal()];
    if (kind === 'score') return [base + one, base + effect + other];
    return [base * Math.exp(one), base * (1 + effect) * Math.exp(other)];
  };
}
