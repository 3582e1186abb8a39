import type { Direction } from '../schema/contracts/words.ts';
import type { ExampleValues } from './example-values.ts';

/** The examples that have a value in both variants. All arrays have one entry per pair. */
export interface PairedExamples {
  /** Positions in exampleIds. */
  positions: Uint32Array;
  control: Float64Array;
  candidate: Float64Array;
  /** candidate - control, in the metric's own unit and direction. */
  differences: Float64Array;
  /** Pairs that changed for the better and for the worse. */
  improved: number;
  regressed: number;
}

/**
 * Pairs the per-example means of two variants over `positions`; an example without a value on either side is left
 * out.
 */
export function pairedExamples(input: {
  control: ExampleValues;
  candidate: ExampleValues;
  positions: Uint32Array;
  direction: Direction;
}): PairedExamples {
  const { positions } = input;
  const kept = new Uint32Array(positions.length);
  const control = new Float64Array(positions.length);
  const candidate = new Float64Array(positions.length);
  const differences = new Float64Array(positions.length);
  let n = 0;
  let up = 0;
  let down = 0;
  for (const position of positions) {
    const before = input.control.means[position] as number;
    const after = input.candidate.means[position] as number;
    if (Number.isNaN(before) || Number.isNaN(after)) continue;
    kept[n] = position;
    control[n] = before;
    candidate[n] = after;
    differences[n] = after - before;
    if (after > before) up++;
    else if (after < before) down++;
    n++;
  }
  return {
    positions: kept.subarray(0, n),
    control: control.subarray(0, n),
    candidate: candidate.subarray(0, n),
    differences: differences.subarray(0, n),
    improved: input.direction === 'higher' ? up : down,
    regressed: input.direction === 'higher' ? down : up,
  };
}
