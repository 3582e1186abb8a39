import { benjaminiHochberg } from '../statistics/benjamini-hochberg.ts';
import type { Comparison } from './compare-variants.ts';
import type { ComparisonBench } from './comparison-bench.ts';
import { comparisonSentence, subject } from './comparison-sentence.ts';
import { defaultConfidence } from './describe-variant.ts';
import type { EvidenceReader } from './evidence-reader.ts';
import { plural } from './format-number.ts';
import { judgeCriterion } from './judge-criterion.ts';

/** Values of one metadata key that are compared, the most frequent first: a key with more is an id, not a slice. */
const mostValues = 20;

/**
 * Compares every pass/fail metric and score on each value of the metadata keys, on the bench. It explores and decides
 * nothing: a loss counts as shown when it stands after Benjamini-Hochberg over all slices at once.
 * @returns Warnings: losses that stand, and what was not looked at.
 */
export function compareSlices(
  reader: EvidenceReader,
  { keys, bench }: { keys: readonly string[]; bench: ComparisonBench },
): string[] {
  const { slices = {}, candidates, metrics } = reader.evidence;
  const warnings: string[] = [];
  const explored: Comparison[] = [];
  for (const key of keys) {
    const values = Object.entries(Object.hasOwn(slices, key) ? (slices[key] ?? {}) : {});
    if (values.length === 0) warnings.push(`slices: no example of the run has the metadata key "${key}".`);
    values.sort(([one, a], [other, b]) => b.length - a.length || (one < other ? -1 : 1));
    const left = values.splice(mostValues);
    if (left.length > 0) {
      warnings.push(
        `slices: ${key} has ${values.length + left.length} values; the ${mostValues} most frequent are compared.`,
      );
    }
    for (const metric of metrics) {
      if (metric.kind !== 'binary' && metric.kind !== 'score') continue;
      for (const candidate of candidates) {
        for (const [value] of values) {
          explored.push(bench.compare({ metric, candidate, split: null, slice: { [key]: value } }));
        }
      }
    }
  }
  const tested = explored.filter(({ pValue }) => pValue !== null);
  const pValues = tested.map(({ pValue }) => pValue ?? 1);
  const stands = benjaminiHochberg({ pValues, alpha: 1 - defaultConfidence }).reject;
  for (const comparison of explored) {
    if (bench.isNoted(comparison)) continue;
    const { metric, split, slice, quantile } = comparison.request;
    const { verdict } = judgeCriterion({ metric: metric.name }, comparison);
    const family = `after Benjamini-Hochberg over ${plural(tested.length, 'slice comparison')}`;
    if (verdict !== 'fail') bench.note(comparison, verdict);
    else if (stands[tested.indexOf(comparison)] === true) {
      bench.note(comparison, verdict);
      const name = subject({ name: metric.name, split, slice, quantile });
      warnings.push(`${name}: ${comparisonSentence(comparison)}: a loss, also ${family}; no criterion asks about it.`);
    } else bench.note(comparison, 'inconclusive', `the loss does not stand ${family}`);
  }
  return warnings;
}
