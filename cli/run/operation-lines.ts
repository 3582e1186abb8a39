import type { RunResult } from '../../schema/contracts/result.ts';
import { formatCount } from '../format/format-count.ts';

/** What was done to a run beside starting it, a line each. */
export function operationLines({ rerunOf, tags, budget, retried = [] }: RunResult): string[] {
  const lines = [
    tags?.length ? `tags ${tags.join(', ')}` : '',
    rerunOf ? `rerun of ${rerunOf}` : '',
    budget
      ? `budget $${budget.maxCostUsd}, raised from $${budget.plannedMaxCostUsd} by ${budget.raisedBy} at ${budget.raisedAt.slice(0, 19).replace('T', ' ')} UTC`
      : '',
    retried.length > 0
      ? `made again after they failed: ${retried.map(({ variant, trials }) => `${formatCount(trials)} trials of ${variant}`).join(', ')}`
      : '',
  ];
  // Whoever starts a run writes its tags: escape codes must not reach a terminal.
  return lines.filter(Boolean).map((line) => line.replaceAll(/\p{Cc}/gu, '?'));
}
