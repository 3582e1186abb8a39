import type { MetricEvidence } from '../schema/contracts/evidence.ts';
import type { Direction } from '../schema/contracts/words.ts';
import { cellValue } from './cell-value.ts';
import { clusterNumbers } from './cluster-numbers.ts';
import { compareBinary, pairedTable } from './compare-binary.ts';
import { compareDurations } from './compare-durations.ts';
import { compareMeans } from './compare-means.ts';
import { compareMoney } from './compare-money.ts';
import { type TestResult, undecided } from './comparison.ts';
import type { EvidenceReader } from './evidence-reader.ts';
import { isFlaky, isSolved } from './is-solved.ts';
import { type PairedExamples, pairedExamples } from './paired-examples.ts';
import { nobodyConverged } from './restrict-steps.ts';
import type { Subset } from './subset.ts';
import { variantLevel } from './variant-level.ts';
import { worstCaseBounds } from './worst-case-bounds.ts';

/** What is to be compared: one metric of one candidate against control. */
export interface ComparisonRequest extends Subset {
  metric: MetricEvidence;
  candidate: string;
  positions: Uint32Array;
  /** Level of the two-sided interval. */
  confidence: number;
  /** For durations; null for all else. */
  quantile: 0.5 | 0.95 | null;
}

/** A candidate against control on one metric, with all that a criterion and its sentence need. */
export interface Comparison extends TestResult {
  request: ComparisonRequest;
  /** Examples paired. */
  n: number;
  scale: 'difference' | 'ratio';
  direction: Direction;
  /** Mean (durations: quantile) of each side over the paired examples. */
  controlLevel: number | null;
  candidateLevel: number | null;
  improved: number;
  regressed: number;
  /** Examples that control solves in some repetitions but under 90 % of them; null where that has no meaning. */
  flaky: number | null;
  /** Outputs are byte for byte the same on all examples, and the metric depends on nothing else. */
  identical: boolean;
  /** Cells that should have a value and do not. */
  missing: { control: number; candidate: number };
  /**
   * Where the estimate would lie whatever the missing values were; null when nothing is missing or the metric is
   * open.
   */
  worstCase: [number, number] | null;
  /** Examples left out because a side has no value by nature. */
  valueless: number;
  /** Trials that never converged; only of steps to convergence. */
  neverConverged?: { control: number; candidate: number };
}

/**
 * Compares a candidate with control. The test follows from the metric's kind and the data's shape alone (DESIGN §7
 * "Offline"): nobody picks it, and nothing is tried twice.
 */
export function compareVariants(reader: EvidenceReader, request: ComparisonRequest, seed: string): Comparison {
  const { evidence } = reader;
  const { metric, candidate, positions } = request;
  const { direction } = metric;
  const control = reader.values(metric, evidence.control);
  const treated = reader.values(metric, candidate);
  const pairs = pairedExamples({ control, candidate: treated, positions, direction });
  const missing = { control: sumAt(control.missing, positions), candidate: sumAt(treated.missing, positions) };
  const anyMissing = missing.control + missing.candidate > 0;
  const identical = !anyMissing && sameOutputs(reader, request, pairs);
  const result: TestResult = identical
    ? { estimate: 0, interval: [0, 0], pValue: 1, test: 'identical outputs', reason: null }
    : finite(chooseTest(reader, { ...request, pairs }, seed));
  const level = (variant: string) => variantLevel(reader, { ...request, variant, positions: pairs.positions });
  return {
    ...result,
    request,
    n: pairs.positions.length,
    scale: metric.kind === 'money' ? 'ratio' : 'difference',
    direction,
    controlLevel: level(evidence.control),
    candidateLevel: level(candidate),
    improved: identical ? 0 : pairs.improved,
    regressed: identical ? 0 : pairs.regressed,
    flaky: countFlaky(reader, request),
    identical,
    missing,
    worstCase:
      anyMissing && metric.range !== null && metric.kind !== 'money' && metric.kind !== 'duration'
        ? worstCaseBounds({ control, candidate: treated, positions, range: metric.range })
        : null,
    valueless:
      positions.length - pairs.positions.length - missingOnly(pairs, [control.missing, treated.missing], positions),
    ...(metric.censored === undefined
      ? {}
      : {
          neverConverged: {
            control: countCensored(reader, { metric, variant: evidence.control, positions: pairs.positions }),
            candidate: countCensored(reader, { metric, variant: candidate, positions: pairs.positions }),
          },
        }),
  };
}

function chooseTest(
  reader: EvidenceReader,
  request: ComparisonRequest & { pairs: PairedExamples },
  seed: string,
): TestResult {
  const { evidence } = reader;
  const { metric, candidate, confidence, pairs, split, slice, quantile } = request;
  const parts = [seed, metric.name, candidate, split, ...(slice === null ? [] : [slice])];
  const options = { confidence, seed: JSON.stringify(parts) };
  const clusters = clusterNumbers(evidence, pairs.positions);
  if (nobodyConverged(metric)) return undecided('none', 'no trial of any variant converged');
  if (metric.kind === 'money') return compareMoney(pairs, clusters, options);
  if (metric.kind === 'duration') {
    const { control } = evidence;
    const input = { evidence, metric, candidate, control, positions: pairs.positions, clusters };
    return compareDurations({ ...input, quantile: quantile ?? 0.5 }, options);
  }
  if (metric.kind === 'binary' && evidence.repetitions === 1 && clusters === null) {
    const table = pairedTable(pairs.control, pairs.candidate);
    if (table !== null) return compareBinary(table, confidence);
  }
  const range = metric.range && ([metric.range[0] - metric.range[1], metric.range[1] - metric.range[0]] as const);
  return compareMeans({ differences: pairs.differences, clusters, range }, options);
}

function countFlaky({ evidence }: EvidenceReader, { metric, positions }: ComparisonRequest): number | null {
  const { repetitions, control } = evidence;
  if (repetitions === 1 || (metric.kind !== 'binary' && metric.kind !== 'score')) return null;
  let flaky = 0;
  for (const position of positions) {
    let calls = 0;
    let solved = 0;
    for (let cell = position * repetitions; cell < (position + 1) * repetitions; cell++) {
      const value = cellValue(metric, control, cell) ?? Number.NaN;
      if (Number.isNaN(value)) continue;
      calls++;
      if (isSolved(metric, value)) solved++;
    }
    if (isFlaky(solved, calls)) flaky++;
  }
  return flaky;
}

/** Built-in metrics that are not read off the output: the same answer may cost more or take longer. */
const notOfTheOutput = new Set(['latencyMs', 'costUsd', 'tokens', 'steps']);

function sameOutputs(reader: EvidenceReader, request: ComparisonRequest, pairs: PairedExamples): boolean {
  const { metric, candidate, positions } = request;
  if (metric.kind === 'money' || metric.kind === 'duration' || notOfTheOutput.has(metric.name)) return false;
  // The same answer may have come after more steps.
  if (metric.censored !== undefined) return false;
  if (pairs.positions.length === 0) return false;
  // An error is no output: whether calls failed is read from their rows.
  if (metric.name === 'errorRate' && pairs.improved + pairs.regressed > 0) return false;
  const { identical } = reader.evidence;
  const flags = Object.hasOwn(identical, candidate) ? identical[candidate] : undefined;
  return flags !== undefined && positions.every((position) => flags[position] === 1);
}

/** An end at infinity is no end: JSON could not carry it, and no criterion may rest on it. */
function finite(result: TestResult): TestResult {
  if (result.interval === null || result.interval.every(Number.isFinite)) return result;
  return undecided(result.test, 'too few examples to bound the difference', result.estimate);
}

function countCensored(
  { evidence: { repetitions } }: EvidenceReader,
  { metric, variant, positions }: { metric: MetricEvidence; variant: string; positions: Uint32Array },
): number {
  let count = 0;
  for (const position of positions) {
    for (let cell = position * repetitions; cell < (position + 1) * repetitions; cell++) {
      if (cellValue(metric, variant, cell) !== null && metric.censored?.[variant]?.[cell] === 1) count++;
    }
  }
  return count;
}

function sumAt(values: Uint16Array, positions: Uint32Array): number {
  let sum = 0;
  for (const position of positions) sum += values[position] as number;
  return sum;
}

/** Examples that are unpaired because something is missing. */
function missingOnly(pairs: PairedExamples, marks: [Uint16Array, Uint16Array], positions: Uint32Array): number {
  if (pairs.positions.length === positions.length) return 0;
  const paired = new Set(pairs.positions);
  let count = 0;
  for (const position of positions) {
    if (!paired.has(position) && marks.some((missing) => (missing[position] as number) > 0)) count++;
  }
  return count;
}
