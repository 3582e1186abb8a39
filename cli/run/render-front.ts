import type { ParetoFront, RunResult } from '../../schema/contracts/result.ts';
import type { MetricKind } from '../../schema/contracts/words.ts';
import type { Colors } from '../colors.ts';
import { formatMetric } from '../format/format-metric.ts';
import type { RenderOptions } from './render-result.ts';

/** What a front is of, with the warning that belongs to it: `correct, cost and p50 latency; on means, not tested`. */
export function frontTitle({ quality, dimensions }: ParetoFront): string {
  const words = dimensions.map(
    (dimension) => ({ quality: quality ?? 'quality', costUsd: 'cost', latencyMs: 'p50 latency' })[dimension],
  );
  const listed = words.length > 1 ? `${words.slice(0, -1).join(', ')} and ${words.at(-1)}` : (words[0] ?? '');
  return `best of ${listed} (on means, not tested)`;
}

/** `on the front`, `beaten by small`. */
export function frontPlace({ onFront, dominatedBy }: ParetoFront['variants'][number]): string {
  return onFront ? 'not beaten' : `beaten by ${dominatedBy.join(', ')}`;
}

/** The values of a variant in the front's dimensions, as a reader says them. */
export function frontCells(front: ParetoFront, one: ParetoFront['variants'][number], result: RunResult): string[] {
  const kinds = new Map(result.metrics.map(({ metric, kind }) => [metric, kind]));
  const kindOf = {
    quality: kinds.get(front.quality ?? '') ?? 'score',
    costUsd: 'money',
    latencyMs: 'duration',
  } as const;
  return front.dimensions.map((dimension) => formatMetric(kindOf[dimension] satisfies MetricKind, one[dimension]));
}

export function frontHeader(front: ParetoFront): string[] {
  return front.dimensions.map(
    (dimension) => ({ quality: front.quality ?? 'quality', costUsd: 'cost', latencyMs: 'p50' })[dimension],
  );
}

/** The front of several candidates; empty when there is none. */
export async function renderFront(result: RunResult, { colors, width }: RenderOptions): Promise<string> {
  const { front } = result;
  if (!front || front.dimensions.length < 2) return '';
  const { renderTable } = await import('../render-table.ts');
  const rows = front.variants.map((one) => [one.variant, ...frontCells(front, one, result), paint(one, colors)]);
  const header = ['variant', ...frontHeader(front), ''].map(colors.dim);
  const table = renderTable(header, rows, width) ?? rows.map((row) => row.join('  ')).join('\n');
  return `${frontTitle(front)}\n${table}`;
}

function paint(one: ParetoFront['variants'][number], colors: Colors): string {
  return one.onFront ? colors.green(frontPlace(one)) : colors.dim(frontPlace(one));
}
