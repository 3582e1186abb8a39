import type { GoldenCase } from '../../schema/contracts/dataset.ts';

/** `owned by ada: lost us a customer`. */
export function goldenText({ owner, reason }: GoldenCase): string {
  if (owner === null) return reason ?? '';
  return `owned by ${owner}${reason === null ? '' : `: ${reason}`}`;
}
