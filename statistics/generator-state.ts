import type { Generator } from './generator.ts';

/** Four words that seed an inlined copy of the generator; used twice they give the same draws twice. */
export type GeneratorState = readonly [number, number, number, number];

/** Takes a state from `generator` for a hot loop: there a call per draw would cost more than the draw. */
export function takeState(generator: Generator): GeneratorState {
  return [generator.nextUint32(), generator.nextUint32(), generator.nextUint32(), generator.nextUint32()];
}
