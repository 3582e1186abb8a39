import type { SplitPair } from '../../schema/contracts/dataset.ts';
import { SluiceError } from '../../schema/errors.ts';

/** `train,test` or `train,validation,test` (each with each other) as pairs. @param option for messages: `--disjoint` */
export function splitPairs(lists: readonly string[], option: string): SplitPair[] {
  return lists.flatMap((list) => {
    const splits = [...new Set(list.split(',').map((one) => one.trim()))].filter((one) => one !== '');
    if (splits.length >= 2) {
      return splits.flatMap((one, index) => splits.slice(index + 1).map((other): SplitPair => [one, other]));
    }
    throw new SluiceError({
      code: 'invalid_input',
      message: `${option} ${list}: found ${splits.length === 1 ? 'one split' : 'none'}, expected two or more, separated by commas`,
      fix: `Name them: ${option} train,test`,
    });
  });
}
