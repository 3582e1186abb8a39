import type { BucketRange } from './bucket-ranges.ts';

/** Number of buckets of hash version 2. */
const BUCKETS = 10_000;

/**
 * Ranges of a canary: candidate [0, share), control the rest, so that who got the candidate keeps it while the share grows. Throws RangeError on a
 * share outside 0..1 or finer than a bucket: its true probability would differ from the one written down.
 */
export function canaryRanges(share: number): readonly [candidate: BucketRange, control: BucketRange] {
  const buckets = Math.round(share * BUCKETS);
  if (!(share >= 0 && share <= 1)) throw new RangeError(`share must be in 0..1, found ${share}`);
  if (Math.abs(share * BUCKETS - buckets) > 1e-9) {
    throw new RangeError(`share must be a whole number of 1/${BUCKETS}, found ${share}`);
  }
  const boundary = buckets / BUCKETS;
  return [
    [0, boundary],
    [boundary, 1],
  ];
}
