import { createGenerator, type Generator } from '../../../statistics/generator.ts';

/** Every simulation of these tests starts here; SLUICE_SEED repeats a run with other dice. */
export const seed = process.env.SLUICE_SEED ?? 'statistics-2026';

/** Simulated experiments per claim, and how many wrong verdicts 5 % allows among them (99 % bound of the binomial). */
export const experiments = 2_000;
export const mostWrong = 123;

/** How many of 2,000 simulated experiments get the verdict; `decide` draws its data from the generator it is given. */
export function countVerdicts(name: string, decide: (generator: Generator) => boolean, runs = experiments): number {
  const generator = createGenerator(`${seed}/${name}`);
  let count = 0;
  for (let i = 0; i < runs; i++) if (decide(generator)) count++;
  return count;
}

/** True when the interval excludes `truth`; an undefined interval never decides. */
export function excludes({ interval }: { readonly interval: readonly [number, number] | null }, truth = 0): boolean {
  return interval !== null && (interval[0] > truth || interval[1] < truth);
}

/** True with the given probability. */
export function chance(generator: Generator, probability: number): boolean {
  return generator.next() < probability;
}

/** `n` draws of `draw`. */
export function sample(n: number, draw: (i: number) => number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => draw(i));
}

/** Cluster keys of `clusters` clusters whose sizes spread like a lognormal: many small ones, a few large. */
export function unequalClusters(generator: Generator, clusters: number): number[] {
  const keys: number[] = [];
  for (let cluster = 0; cluster < clusters; cluster++) {
    const size = Math.max(1, Math.round(4 * Math.exp(generator.nextNormal())));
    for (let i = 0; i < size; i++) keys.push(cluster);
  }
  return keys;
}

/** Per-unit differences without an effect that share a part within each cluster. */
export function clusteredNoise(generator: Generator, keys: readonly number[]): Float64Array {
  const shared = new Map<number, number>();
  return sample(keys.length, (i) => {
    const key = keys[i] as number;
    if (!shared.has(key)) shared.set(key, generator.nextNormal());
    return (shared.get(key) as number) + generator.nextNormal();
  });
}

/** Binomial count by n coin tosses. */
export function successes(generator: Generator, n: number, probability: number): number {
  let count = 0;
  for (let i = 0; i < n; i++) if (generator.next() < probability) count++;
  return count;
}

/** Share of `repetitions` calls that pass when each does with `probability`. */
export function passRate(generator: Generator, repetitions: number, probability: number): number {
  return successes(generator, repetitions, probability) / repetitions;
}
