import type { Comparison } from './compare-variants.ts';
import {
  formatChange,
  formatChanges,
  formatConfidence,
  formatDecimal,
  formatLevel,
  formatPValue,
  formatRatios,
} from './format-number.ts';
import { nameOfSubset, type Subset } from './subset.ts';

/**
 * What was found, without a verdict: `6b passes 18.2 points more than control (40.3 % against 22.1 %; 95 % interval
 * ...)`.
 */
export function comparisonSentence(comparison: Comparison): string {
  const { request, n, estimate, controlLevel, candidateLevel, pValue } = comparison;
  const { metric, candidate, confidence } = request;
  if (comparison.identical) {
    return `all ${n} outputs of ${candidate} are byte for byte those of control`;
  }
  if (estimate === null || controlLevel === null || candidateLevel === null) {
    return `${candidate} could not be compared with control`;
  }
  const parts = [`${formatLevel(metric, candidateLevel)} against ${formatLevel(metric, controlLevel)}`];
  if (comparison.interval !== null) {
    const ends =
      comparison.scale === 'ratio' ? formatRatios(comparison.interval) : formatChanges(metric, comparison.interval);
    parts.push(`${formatConfidence(confidence)} interval ${ends}`);
  }
  const never = comparison.neverConverged;
  if (never !== undefined && never.control + never.candidate > 0) {
    const each = formatLevel(metric, metric.horizon ?? 0);
    parts.push(
      `never converged: ${never.control} of control, ${never.candidate} of ${candidate}, each taken as ${each}`,
    );
  }
  const name = shortTest(comparison.test);
  return `${candidate} ${change(comparison, estimate)} (${parts.join('; ')}, n = ${n}, ${name}${
    pValue === null ? '' : ` ${formatPValue(pValue)}`
  })`;
}

/** `correct`, `correct on split golden`, `correct on language = de`, `latencyMs p95`. */
export function subject(input: Subset & { name: string; quantile: number | null }): string {
  const measured = input.quantile === null ? input.name : `${input.name} p${Math.round(100 * input.quantile)}`;
  const where = nameOfSubset(input);
  return where === '' ? measured : `${measured} on ${where}`;
}

function change({ request: { metric }, scale }: Comparison, estimate: number): string {
  if (scale === 'ratio') {
    const size = `${formatDecimal(100 * Math.abs(estimate - 1), 1)} %`;
    if (estimate === 1) return 'costs the same as control';
    if (metric.direction === 'lower') return `costs ${size} ${estimate < 1 ? 'less' : 'more'} than control`;
    return `is ${size} ${estimate < 1 ? 'below' : 'above'} control`;
  }
  if (estimate === 0) return 'is level with control';
  const size = formatChange(metric, Math.abs(estimate));
  if (metric.censored !== undefined) {
    return `needs ${size.replace(/ steps?$/, '')} ${estimate < 0 ? 'fewer' : 'more'} steps than control`;
  }
  if (metric.kind === 'duration') return `is ${size} ${estimate < 0 ? 'faster' : 'slower'} than control`;
  if (metric.kind === 'binary' && metric.name === 'errorRate') {
    return `fails ${size} ${estimate < 0 ? 'less' : 'more'} than control`;
  }
  if (metric.kind === 'binary' && metric.direction === 'higher') {
    return `solves ${size} ${estimate < 0 ? 'less' : 'more'} than control`;
  }
  return `is ${size} ${estimate < 0 ? 'below' : 'above'} control`;
}

/** The part of a test's name that the p value belongs to. */
function shortTest(test: string): string {
  return test.split(/[,;]/)[0] as string;
}
