import { mcnemarTest } from '../statistics/mcnemar-test.ts';
import { type PairedTable, pairedNewcombeInterval } from '../statistics/paired-newcombe-interval.ts';
import type { TestResult } from './comparison.ts';

/** Pass/fail of independent examples, once per variant: the exact McNemar test with the paired Newcombe interval. */
export function compareBinary(table: PairedTable, confidence: number): TestResult {
  const { estimate, interval, reason } = pairedNewcombeInterval({ ...table, confidence });
  return {
    estimate,
    interval: interval && [interval[0], interval[1]],
    pValue: interval && mcnemarTest(table).pValue,
    test: 'exact McNemar, paired Newcombe interval',
    reason,
  };
}

/** Counts pairs of zeros and ones; null when some value is neither. */
export function pairedTable(control: ArrayLike<number>, candidate: ArrayLike<number>): PairedTable | null {
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < control.length; i++) {
    const before = control[i] as number;
    const after = candidate[i] as number;
    if ((before !== 0 && before !== 1) || (after !== 0 && after !== 1)) return null;
    counts[2 * before + after] = (counts[2 * before + after] as number) + 1;
  }
  const [neither = 0, onlyCandidate = 0, onlyControl = 0, both = 0] = counts;
  return { both, onlyControl, onlyCandidate, neither };
}
