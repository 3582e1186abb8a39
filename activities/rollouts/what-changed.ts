/**
 * What has another state than when persons were asked, in one sentence; null when all is as it was. Further outcomes alone change
 * nothing.
 */
export function whatChanged(asked: Record<string, string>, now: Record<string, string>): string | null {
  for (const [what, state] of Object.entries(now)) {
    if (asked[what] !== state) return `${what} was ${asked[what] ?? 'unknown'} when it was asked, and is ${state} now`;
  }
  return null;
}
