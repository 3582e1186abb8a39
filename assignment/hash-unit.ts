import { fnv1a32 } from './fnv1a32.ts';

/**
 * Where a unit falls in [0, 1): GrowthBook's hash. Version 2 has 10,000 buckets, version 1 has 1,000; any other version gives null (the unit is
 * not in the experiment).
 */
export function hashUnit(input: {
  readonly seed: string;
  readonly unit: string;
  readonly version: number;
}): number | null {
  if (input.version === 2) return (fnv1a32(String(fnv1a32(input.seed + input.unit))) % 10_000) / 10_000;
  if (input.version === 1) return (fnv1a32(input.unit + input.seed) % 1_000) / 1_000;
  return null;
}
