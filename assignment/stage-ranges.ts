import { type BucketRange, bucketRanges } from './bucket-ranges.ts';
import { canaryRanges } from './canary-ranges.ts';

/**
 * Ranges of one stage, control's first. A canary's candidate has [0, share), so that who got it keeps it while the share grows; the
 * variants of a test have fixed ranges, control first. Throws RangeError on shares finer than a bucket or that leave control
 * nothing.
 */
export function stageRanges(input: {
  readonly strategy: 'canary' | 'ab_test';
  readonly candidates: number;
  /** Of each candidate. */
  readonly share: number;
}): { readonly control: BucketRange; readonly candidates: readonly BucketRange[] } {
  const { strategy, candidates, share } = input;
  if (share * candidates >= 1)
    throw new RangeError(`${candidates} candidates with a share of ${share} leave control nothing`);
  if (strategy === 'canary') {
    const [candidate, control] = canaryRanges(share);
    return { control, candidates: [candidate] };
  }
  canaryRanges(share);
  const weights = [1 - share * candidates, ...Array.from({ length: candidates }, () => share)];
  const [control, ...rest] = bucketRanges({ variations: candidates + 1, weights });
  return { control: control as BucketRange, candidates: rest };
}
