import type { SplitPair } from '../../schema/contracts/dataset.ts';
import { suggest } from '../../schema/contracts/parse-input.ts';
import { SluiceError } from '../../schema/errors.ts';

/**
 * The pairs of splits that are disjoint in the next version: those of the version before, without what is allowed to
 * overlap now, and the new ones. Sorted.
 * @throws {SluiceError} invalid_input for a new pair with a split that no example is in, and for an allowance of what
 *   was not declared
 */
export function disjointSplits(input: {
  name: string;
  earlier: readonly SplitPair[];
  splits: Record<string, number>;
  disjoint?: readonly SplitPair[];
  allowOverlap?: readonly SplitPair[];
}): SplitPair[] {
  const { name, earlier, splits } = input;
  const pairs = new Map(earlier.map((pair) => [pair.join('\n'), pair]));
  for (const pair of (input.allowOverlap ?? []).map(sorted)) {
    if (pairs.delete(pair.join('\n'))) continue;
    const declared = earlier.map(([one, other]) => `${one},${other}`).join(' and ');
    throw new SluiceError({
      code: 'invalid_input',
      message: `dataset ${name}: --allow-overlap ${pair.join(',')}: these splits are not declared disjoint; ${declared === '' ? 'none are' : `declared: ${declared}`}`,
      fix: 'Leave it out, or name a declared pair. Nothing was changed.',
    });
  }
  for (const pair of (input.disjoint ?? []).map(sorted)) {
    const unknown = pair.find((split) => !(split in splits));
    if (unknown !== undefined) {
      const known = Object.keys(splits);
      throw new SluiceError({
        code: 'invalid_input',
        message: `dataset ${name}: --disjoint ${pair.join(',')}: no example is in the split "${unknown}"${known.length > 0 ? suggest(unknown, known) : '; no example is in any'}`,
        fix: 'Name splits that the pushed examples are in. Nothing was changed.',
      });
    }
    if (pair[0] === pair[1]) {
      throw new SluiceError({
        code: 'invalid_input',
        message: `dataset ${name}: --disjoint ${pair.join(',')}: found the same split twice, expected two`,
        fix: 'Name two splits, e.g. --disjoint train,test. Nothing was changed.',
      });
    }
    pairs.set(pair.join('\n'), pair);
  }
  return [...pairs.entries()].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, pair]) => pair);
}

function sorted([one, other]: SplitPair): SplitPair {
  return one <= other ? [one, other] : [other, one];
}
