import type { ExampleValues } from './example-values.ts';

/**
 * Smallest and largest mean difference candidate - control that the missing values could lead to, each of them set to
 * an end of the metric's range. Null when no example has, or could have had, a value on both sides.
 */
export function worstCaseBounds(input: {
  control: ExampleValues;
  candidate: ExampleValues;
  positions: Uint32Array;
  range: readonly [number, number];
}): [low: number, high: number] | null {
  const [least, most] = input.range;
  let low = 0;
  let high = 0;
  let n = 0;
  for (const position of input.positions) {
    const controlMost = filled(input.control, position, most);
    const candidateMost = filled(input.candidate, position, most);
    if (controlMost === null || candidateMost === null) continue;
    low += (filled(input.candidate, position, least) ?? 0) - controlMost;
    high += candidateMost - (filled(input.control, position, least) ?? 0);
    n++;
  }
  return n === 0 ? null : [low / n, high / n];
}

function filled(values: ExampleValues, position: number, value: number): number | null {
  const missing = values.missing[position] as number;
  const count = (values.counts[position] as number) + missing;
  return count === 0 ? null : ((values.sums[position] as number) + missing * value) / count;
}
