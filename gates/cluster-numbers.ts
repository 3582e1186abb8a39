import type { ExperimentEvidence } from '../schema/contracts/evidence.ts';

/** Which cluster each of some examples belongs to, and how many clusters that makes. */
export interface Clusters {
  /** One number per position asked for. */
  numbers: Int32Array;
  count: number;
}

/**
 * The clusters of the examples at `positions`; null when no cluster holds two of them, so that examples are
 * independent.
 */
export function clusterNumbers(evidence: ExperimentEvidence, positions: Uint32Array): Clusters | null {
  const seen = new Map<string, number>();
  const numbers = new Int32Array(positions.length);
  let count = 0;
  for (let index = 0; index < positions.length; index++) {
    const key = evidence.clusterKeys[positions[index] as number] ?? null;
    const known = key === null ? undefined : seen.get(key);
    if (known === undefined) {
      if (key !== null) seen.set(key, count);
      numbers[index] = count;
      count++;
    } else numbers[index] = known;
  }
  return count < positions.length ? { numbers, count } : null;
}
