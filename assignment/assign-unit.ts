import type { BucketRange } from './bucket-ranges.ts';
import { chooseVariation } from './choose-variation.ts';
import { hashUnit } from './hash-unit.ts';

/** The stored facts from which any assignment can be derived again. */
export type Assignment = {
  readonly seed: string;
  readonly hashVersion: number;
  readonly ranges: readonly BucketRange[];
  readonly unit: string;
};

/** Hash, then range: the position of the unit's variation, -1 when it is in none or the hash version is unknown. */
export function assignUnit({ seed, hashVersion, ranges, unit }: Assignment): number {
  const n = hashUnit({ seed, unit, version: hashVersion });
  return n === null ? -1 : chooseVariation({ n, ranges });
}
