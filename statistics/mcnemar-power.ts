import { binomialPmf, binomialUpper } from './binomial.ts';
import { checkCount } from './check.ts';
import { mcnemarTest } from './mcnemar-test.ts';

/**
 * Exact power of the exact McNemar test on n examples when a share `onlyCandidate` passes only with the candidate and `onlyControl` only with control:
 * the sum over the number of discordant pairs of its binomial probability times the probability of landing in the
 * rejection region. Both tails count.
 */
export function mcnemarPower(input: {
  readonly n: number;
  readonly onlyControl: number;
  readonly onlyCandidate: number;
  readonly alpha: number;
}): number {
  const { n, onlyControl, onlyCandidate, alpha } = input;
  checkCount('n', n);
  const discordantShare = onlyControl + onlyCandidate;
  if (!(onlyControl >= 0 && onlyCandidate >= 0 && discordantShare <= 1)) {
    throw new RangeError(`shares must be >= 0 and sum to at most 1, found ${onlyControl} and ${onlyCandidate}`);
  }
  if (discordantShare === 0) return 0;
  const candidateShare = onlyCandidate / discordantShare;
  let power = 0;
  let limit = 0;
  for (let discordant = 1; discordant <= n; discordant++) {
    const weight = binomialPmf(discordant, n, discordantShare);
    // The largest smaller-count that still rejects never falls as the discordant pairs grow.
    while (
      mcnemarTest({ onlyControl: limit, onlyCandidate: Math.max(0, discordant - limit) }).pValue <= alpha &&
      2 * limit < discordant
    ) {
      limit++;
    }
    if (limit === 0 || weight < 1e-16) continue;
    const least = discordant - limit + 1;
    const tail =
      binomialUpper(least, discordant, candidateShare) + binomialUpper(least, discordant, 1 - candidateShare);
    power += weight * tail;
  }
  return Math.min(1, power);
}

/**
 * The smallest difference of pass rates that the exact McNemar test shows with the wanted power when a share `discordant` of the examples changes
 * either way. Null when not even a one-sided change of all of them would be shown.
 */
export function mcnemarDetectableEffect(input: {
  readonly n: number;
  /** Share of examples whose result differs between the variants. */
  readonly discordant: number;
  readonly alpha: number;
  readonly power: number;
}): number | null {
  const { n, discordant, alpha, power } = input;
  const reaches = (difference: number) =>
    mcnemarPower({
      n,
      alpha,
      onlyCandidate: (discordant + difference) / 2,
      onlyControl: (discordant - difference) / 2,
    }) >= power;
  if (!reaches(discordant)) return null;
  let low = 0;
  let high = discordant;
  while (high - low > 1e-6) {
    const middle = (low + high) / 2;
    if (reaches(middle)) high = middle;
    else low = middle;
  }
  return high;
}
