import type { DetectableEffect } from '../../schema/contracts/result.ts';
import { formatDifference } from '../format/format-metric.ts';

/**
 * What a run can show, in a line: `can show (80 % sure): correct ±9.1 pp (assuming that 20 % of answers differ)`.
 * Empty when nothing was stated.
 */
export function detectableText(effects: readonly DetectableEffect[] = []): string {
  const byBasis = Map.groupBy(effects, ({ basis, power }) => JSON.stringify([basis, power]));
  const parts = [...byBasis.values()].map((group) => {
    const shown = group.map(({ metric, kind, effect }) =>
      effect === null ? metric : `${metric} ±${formatDifference(kind, 'difference', effect).replace(/^\+/, '')}`,
    );
    return `${shown.join(', ')} (${group[0]?.basis})`;
  });
  return parts.length === 0 ? '' : `can show with probability ${100 * (effects[0]?.power ?? 0)} %: ${parts.join('; ')}`;
}
