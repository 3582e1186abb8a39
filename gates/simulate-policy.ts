import type { ExperimentEvidence, MetricEvidence, Rerun } from '../schema/contracts/evidence.ts';
import { type GatePolicy, goldenSplit, sliceKeysOf } from '../schema/contracts/gate.ts';
import type { Verdict } from '../schema/contracts/words.ts';
import { createGenerator, type Generator } from '../statistics/generator.ts';
import { judgeExperiment } from './judge-experiment.ts';
import { drawPairs, type SimulatedMetric, type SimulatedPairs } from './simulated-pairs.ts';
import { confirmationsOf, isTold, unconfirmedExamples } from './unconfirmed-examples.ts';

export interface SimulationInput {
  policy: GatePolicy;
  metrics: readonly SimulatedMetric[];
  examples: number;
  repetitions: number;
  /** Examples fall evenly into so many clusters; null = all are independent. */
  clusters: number | null;
  /** Examples in each split that the policy names. */
  splitSize: number;
  /** Simulated experiments. */
  runs: number;
  seed: string;
}

/** How often the policy said what, in `runs` simulated experiments. */
export interface SimulationResult {
  runs: number;
  verdicts: Record<Verdict, number>;
  criteria: { index: number; metric: string; hypothesis: string; verdicts: Record<Verdict, number> }[];
}

/**
 * Judges `runs` simulated experiments by the whole policy: tiers, profile, Holm, splits, slices and confirmation re-runs as
 * in a real one. The same input gives the same counts. Half of an example's deviation lasts over its repetitions, and a
 * fifth is common to its cluster.
 * @throws {RangeError} on rates that no pair of variants can have
 */
export function simulatePolicy(input: SimulationInput): SimulationResult {
  const verdicts = none();
  const criteria = new Map<number, SimulationResult['criteria'][number]>();
  for (let run = 0; run < input.runs; run++) {
    const seed = `${input.seed}/${run}`;
    const random = createGenerator(seed);
    const pairs = new Map(input.metrics.map((metric) => [metric.name, drawPairs(metric, input, random)]));
    const evidence = evidenceOf(input, pairs, random);
    const confirmations = confirm(input.policy, evidence, pairs);
    const judged = judgeExperiment(input.policy, evidence, { seed, confirmations });
    verdicts[judged.verdict] += 1;
    for (const { index, metric, hypothesis, verdict } of judged.criteria) {
      const known = criteria.get(index) ?? { index, metric, hypothesis, verdicts: none() };
      criteria.set(index, known);
      known.verdicts[verdict] += 1;
    }
  }
  return { runs: input.runs, verdicts, criteria: [...criteria.values()] };
}

const none = (): Record<Verdict, number> => ({ pass: 0, fail: 0, inconclusive: 0 });

function evidenceOf(
  { policy, metrics, examples, repetitions, clusters, splitSize }: SimulationInput,
  pairs: ReadonlyMap<string, SimulatedPairs>,
  random: Generator,
): ExperimentEvidence {
  const ofProfile = policy.criteria.length === 0 ? [goldenSplit] : [];
  const splits = new Set([...policy.criteria.flatMap(({ split }) => split ?? []), ...ofProfile]);
  const exampleIds = Array.from({ length: examples }, (_, index) => `e${index}`);
  return {
    control: 'control',
    candidates: ['candidate'],
    repetitions,
    exampleIds,
    clusterKeys: exampleIds.map((_, index) => (clusters === null ? null : `c${index % clusters}`)),
    splits: Object.fromEntries([...splits].map((name) => [name, firstOf(Math.min(splitSize, examples))])),
    slices: Object.fromEntries(sliceKeysOf(policy).map((key) => [key, sliceValues(policy, key, examples, random)])),
    identical: { candidate: new Uint8Array(examples) },
    metrics: metrics.map(({ name, kind, direction }): MetricEvidence => {
      const { control, candidate } = pairs.get(name) as SimulatedPairs;
      const missing = new Uint8Array(control.length);
      return {
        name,
        kind,
        direction,
        range: kind === 'binary' ? [0, 1] : null,
        values: { control, candidate },
        missing: { control: missing, candidate: missing },
      };
    }),
  };
}

/** Each value that a criterion names holds for a quarter of the examples; a key without such values has two halves. */
function sliceValues(
  policy: GatePolicy,
  key: string,
  examples: number,
  random: Generator,
): Record<string, Uint32Array> {
  const named = policy.criteria.flatMap(({ slice }) => (slice && Object.hasOwn(slice, key) ? String(slice[key]) : []));
  const values = named.length > 0 ? [...new Set(named)] : ['one', 'other'];
  const share = named.length > 0 ? 0.25 : 0.5;
  return Object.fromEntries(values.map((value) => [value, firstOf(examples).filter(() => random.next() < share)]));
}

/** Re-runs of broken examples, as the activity makes them. */
function confirm(policy: GatePolicy, evidence: ExperimentEvidence, pairs: ReadonlyMap<string, SimulatedPairs>) {
  const open = unconfirmedExamples(policy, evidence);
  return open.flatMap((example) => {
    const reruns: Rerun[] = [];
    const most = 5 - Math.min(...example.metrics.map(({ calls }) => calls));
    while (reruns.length < most && !confirmationsOf([example], reruns).every(isTold)) {
      const scores = Object.fromEntries(
        example.metrics.map(({ metric }) => [metric.name, pairs.get(metric.name)?.rerun(example.position) ?? null]),
      );
      reruns.push({ ...example, repetition: evidence.repetitions + reruns.length, failedBy: null, scores });
    }
    return confirmationsOf([example], reruns);
  });
}

function firstOf(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, index) => index);
}
