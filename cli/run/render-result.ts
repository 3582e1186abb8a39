import type { ComparisonResult, MetricResult, RunResult } from '../../schema/contracts/result.ts';
import { isFinal } from '../../schema/contracts/words.ts';
import type { Colors } from '../colors.ts';
import { describeGit } from '../format/describe-git.ts';
import { formatCount } from '../format/format-count.ts';
import { formatDuration } from '../format/format-duration.ts';
import {
  formatDifference,
  formatDifferenceInterval,
  formatInterval,
  formatMetric,
  formatMoney,
  formatP,
} from '../format/format-metric.ts';
import { agreementText } from './agreement-text.ts';
import { attachedText } from './attached-text.ts';
import { convergenceLines } from './convergence-text.ts';
import { detectableText } from './detectable-text.ts';
import type { Changes } from './load-changes.ts';
import { operationLines } from './operation-lines.ts';
import { renderChanges } from './render-changes.ts';
import { renderFailures } from './render-failures.ts';
import { renderFront } from './render-front.ts';
import { paintVerdict, renderVerdict } from './render-verdict.ts';

export interface RenderOptions {
  /** Columns; a table that needs more becomes lines. */
  readonly width: number;
  readonly colors: Colors;
  readonly changes?: readonly Changes[];
}

/** A run's result for a person: tables, changes, failures, and last the verdict with its reasons. */
export async function renderResult(result: RunResult, options: RenderOptions): Promise<string> {
  const { colors, width, changes = [] } = options;
  const measured = result.metrics.filter(({ metric }) => hasValues(result, metric));
  const comparisons = result.comparisons.filter(({ metric }) => hasValues(result, metric));
  const unmeasured = [...new Set(result.metrics.map(({ metric }) => metric))].filter((one) => !hasValues(result, one));
  const blocks = [
    headline(result, colors),
    provenance(result, colors),
    await metricsBlock(measured, options),
    await comparisonsBlock(comparisons, result, options),
    await renderFront(result, options),
    ...changes.map((one) => renderChanges(one, colors, width)),
    [
      ...methods(comparisons, result),
      ...convergenceLines(result.metrics),
      ...(result.agreement ?? []).map(agreementText),
      ...(result.detectableEffects ? [detectableText(result.detectableEffects)] : []),
      ...(result.attached ? [attachedText(result.attached)] : []),
      ...(unmeasured.length > 0 ? [`not measured: ${unmeasured.join(', ')}`] : []),
    ]
      .map((line) => colors.dim(line))
      .join('\n'),
    renderFailures(result.failures, colors),
    result.warnings.map((warning) => `${colors.yellow('warning')} ${warning}`).join('\n'),
    renderVerdict(result, colors),
  ];
  return blocks.filter((block) => block !== '').join('\n\n');
}

function headline(result: RunResult, colors: Colors): string {
  const { counts } = result;
  const time =
    result.durationMs === null ? '' : ` ${isFinal(result.status) ? 'in' : 'for'} ${formatDuration(result.durationMs)}`;
  const facts = [
    `${formatCount(counts.succeeded)} of ${formatCount(counts.planned)} trials succeeded`,
    counts.failed > 0 ? `${formatCount(counts.failed)} failed` : '',
    counts.missing > 0 ? `${formatCount(counts.missing)} missing` : '',
    counts.notRun > 0 && isFinal(result.status) ? `${formatCount(counts.notRun)} not run` : '',
    counts.cached ? `${formatCount(counts.cached)} from the cache` : '',
    `${formatCount(result.agentCalls)} agent calls`,
    result.costUsd ? formatMoney(result.costUsd) : '',
  ].filter((fact) => fact !== '');
  return `${colors.bold(result.name)}  ${result.id}  ${result.status.replaceAll('_', ' ')}${time}, ${facts.join(', ')}`;
}

function provenance(result: RunResult, colors: Colors): string {
  const lines = [result.git ? describeGit(result.git) : '', ...operationLines(result)];
  return lines.filter(Boolean).map(colors.dim).join('\n');
}

function hasValues(result: RunResult, name: string): boolean {
  return result.metrics.some((metric) => metric.metric === name && metric.n > 0);
}

/** A row for a table that is wide enough, and for one that is not. */
interface Row {
  readonly cells: string[];
  readonly line: string;
}

async function block(header: string[], rows: Row[], { width, colors }: RenderOptions): Promise<string> {
  if (rows.length === 0) return '';
  const { renderTable } = await import('../render-table.ts');
  const cells = rows.map((row) => row.cells);
  return renderTable(header.map(colors.dim), cells, width) ?? rows.map((row) => row.line).join('\n');
}

function metricsBlock(metrics: readonly MetricResult[], options: RenderOptions): Promise<string> {
  const rows = metrics.map(({ metric, variant, n, mean, kind, interval, p50, p95 }) => {
    const at = (value: number | null | undefined) => (value == null ? '' : formatMetric(kind, value));
    const [shown, range] = [formatMetric(kind, mean), formatInterval(kind, interval)];
    const quantiles = p50 == null ? '' : `p50 ${at(p50)}, p95 ${at(p95)}`;
    return {
      cells: [metric, variant, formatCount(n), shown, range, quantiles],
      line: [`${metric} ${variant}`, `${shown} ${range}`, `n ${formatCount(n)}`, quantiles].filter(Boolean).join('  '),
    };
  });
  return block(['metric', 'variant', 'n', 'mean', '95 % interval', ''], rows, options);
}

function comparisonsBlock(
  comparisons: readonly ComparisonResult[],
  result: RunResult,
  options: RenderOptions,
): Promise<string> {
  const kinds = new Map(result.metrics.map((metric) => [metric.metric, metric.kind]));
  const rows = comparisons.map((one) => {
    const kind = kinds.get(one.metric) ?? 'score';
    const level = one.confidence === 0.95 ? '' : ` at ${Number((one.confidence * 100).toFixed(2))} %`;
    const name = label(one, result);
    const estimate = formatDifference(kind, one.scale, one.estimate);
    const interval = formatDifferenceInterval(kind, one.scale, one.interval) + (one.interval === null ? '' : level);
    const p = formatP(one.pValue);
    const [better, worse] = [formatCount(one.improved), formatCount(one.regressed)];
    const verdict = paintVerdict(one.verdict, one.verdict, options.colors);
    return {
      cells: [name, estimate, interval, p, better, worse, verdict],
      line: `${name}  ${estimate} ${interval}  p ${p}  ${better} better, ${worse} worse  ${verdict}`,
    };
  });
  const single = Object.keys(result.verdicts).length <= 1 && comparisons[0];
  const title = single ? `${single.candidate} − ${single.control}` : 'candidate − control';
  return block([title, 'difference', 'interval', 'p', 'better', 'worse', ''], rows, options);
}

function label(one: ComparisonResult, result: RunResult): string {
  const quantile = /\bof (p\d+)\b/.exec(one.test)?.[1];
  const candidate = Object.keys(result.verdicts).length > 1 ? `${one.candidate} ` : '';
  const slice = Object.entries(one.slice ?? {}).map(([key, value]) => `${key} = ${value}`);
  const where = slice.length === 0 ? '' : ` (${slice.join(', ')})`;
  return `${candidate}${one.metric}${quantile ? ` ${quantile}` : ''}${one.split ? `#${one.split}` : ''}${where}`;
}

/** Each test once with what it was used for, and why an interval is missing. */
function methods(comparisons: readonly ComparisonResult[], result: RunResult): string[] {
  const byTest = Map.groupBy(comparisons, (one) => one.test);
  const tests = [...byTest].map(([test, used]) => `${unique(used.map((one) => label(one, result)))}: ${test}`);
  const withoutInterval = comparisons.filter((one) => one.interval === null && one.reason);
  const byReason = Map.groupBy(withoutInterval, (one) => one.reason as string);
  const reasons = [...byReason].map(
    ([reason, of]) => `${unique(of.map((one) => label(one, result)))}: no interval, ${reason}`,
  );
  return [...tests, ...reasons];
}

function unique(words: string[]): string {
  return [...new Set(words)].join(', ');
}
