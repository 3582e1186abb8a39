import type { AttachedEvaluator } from '../../schema/contracts/scoring.ts';

/** Which metrics came after the verdict, and that they have no part in it. */
export function attachedText(attached: readonly AttachedEvaluator[]): string {
  const names = attached.map(({ name, version, at, by }) => `${name}@${version} (${at.slice(0, 10)}, ${by})`);
  return `attached after the run had ended, deciding nothing: ${names.join(', ')}`;
}
