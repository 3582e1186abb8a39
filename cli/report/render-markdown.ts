import type { Plan, PlannedVariant } from '../../schema/contracts/plan.ts';
import type { ComparisonResult, RunResult } from '../../schema/contracts/result.ts';
import { isFinal, type MetricKind } from '../../schema/contracts/words.ts';
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
import { attachedText } from '../run/attached-text.ts';
import { detectableText } from '../run/detectable-text.ts';
import { operationLines } from '../run/operation-lines.ts';
import { frontCells, frontHeader, frontPlace, frontTitle } from '../run/render-front.ts';
import { configChanges } from './config-changes.ts';
import { escapeMarkdown } from './escape-markdown.ts';
import type { Regressions } from './load-regressions.ts';
import { markdownTable } from './markdown-table.ts';
import { renderRegressions } from './render-regressions.ts';

export interface ReportOptions {
  readonly plan: Plan;
  readonly regressions: readonly Regressions[];
  /** What an inconclusive verdict counts as here. @default "hold" */
  readonly onInconclusive?: 'pass' | 'fail' | 'hold';
}

/** A comment on GitHub holds 65,536 characters; a report is shorter, so that somebody may add to it. */
export const reportLimit = 60_000;
const reasonsShown = 40;
const reasonLength = 700;
const variantColumns = 6;
const failuresShown = 15;

/**
 * A run's result as GitHub Markdown for a pull request: verdict and reasons, what changed, comparisons, metrics,
 * regressed examples, failures, commands to see more. Never longer than `reportLimit`. Whatever comes from outside is
 * escaped: it can neither break the page nor put anything into it.
 */
export function renderMarkdown(result: RunResult, options: ReportOptions): string {
  const head = [headline(result, options), reasons(result), whatChanged(options.plan)];
  const tables = [comparisons(result), metrics(result), front(result), calledAgain(result), failures(result)];
  const foot = more(result, options);
  const kept: string[] = [];
  let room = reportLimit - foot.length - 200;
  for (const section of [...head, ...tables]) {
    if (section === '') continue;
    if (section.length + 2 > room) {
      kept.push('*Some tables are left out here: too long for a comment.*');
      room = 0;
      break;
    }
    kept.push(section);
    room -= section.length + 2;
  }
  const examples = room > 1_000 ? renderRegressions(options.regressions, result, room - 200) : '';
  return `${[...kept, examples, foot].filter(Boolean).join('\n\n')}\n`;
}

function headline(result: RunResult, { onInconclusive = 'hold' }: ReportOptions): string {
  const verdict =
    result.verdict?.toUpperCase() ??
    (isFinal(result.status) ? `NO VERDICT: run ${result.status}` : result.status.replaceAll('_', ' '));
  const counted =
    result.verdict === 'inconclusive' && onInconclusive !== 'hold' ? ` (counted as ${onInconclusive} here)` : '';
  return `<!-- sluice report -->\n## ${escapeMarkdown(result.name)}: ${verdict}${counted}\n\n${facts(result)}`;
}

function facts(result: RunResult): string {
  const { counts, git } = result;
  const trials = [
    `${formatCount(counts.succeeded)} of ${formatCount(counts.planned)} trials succeeded`,
    counts.failed > 0 ? `${formatCount(counts.failed)} failed` : '',
    counts.missing > 0 ? `${formatCount(counts.missing)} missing` : '',
    counts.notRun > 0 && isFinal(result.status) ? `${formatCount(counts.notRun)} not run` : '',
    counts.cached ? `${formatCount(counts.cached)} from the cache` : '',
    `${formatCount(result.agentCalls)} agent calls`,
    result.costUsd === null ? '' : `cost ${formatMoney(result.costUsd)}`,
    result.durationMs === null ? '' : formatDuration(result.durationMs),
  ];
  const commit = git?.sha ? `commit <code>${escapeMarkdown(git.sha.slice(0, 12))}</code>` : '';
  const origin = [
    commit,
    git?.branch ? `on ${escapeMarkdown(git.branch)}` : '',
    git?.actor ? `by ${escapeMarkdown(git.actor)}` : '',
    link('pull request', git?.pullRequestUrl),
    link('job', git?.url),
  ].filter(Boolean);
  return [
    trials.filter(Boolean).join(', '),
    [`<code>${escapeMarkdown(result.id)}</code>`, ...origin].join(' '),
    ...operationLines(result).map(escapeMarkdown),
  ].join('  \n');
}

/** A link to an address that somebody gave; nothing when it is no web address. */
function link(text: string, address: string | undefined): string {
  if (!address || !URL.canParse(address)) return '';
  const url = new URL(address);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return '';
  return `[${text}](${url.href.replaceAll(/[()\\<>\s|`*_[\]]/g, (one) => `%${one.charCodeAt(0).toString(16)}`)})`;
}

function reasons(result: RunResult): string {
  const list = (lines: readonly string[]) => [
    ...lines.slice(0, reasonsShown).map((line) => `- ${escapeMarkdown(cut(line, reasonLength))}`),
    ...(lines.length > reasonsShown ? [`- … and ${lines.length - reasonsShown} more`] : []),
  ];
  const broken =
    result.verdict !== null && result.counts.succeeded === 0
      ? ['Not one call succeeded: this says nothing about the candidate.']
      : [];
  const error = result.error === null || result.reasons.includes(result.error.message) ? [] : [result.error.message];
  const blocks = [list([...error, ...result.reasons, ...broken]).join('\n')];
  if (result.warnings.length > 0) blocks.push(`Warnings:\n\n${list(result.warnings).join('\n')}`);
  return blocks.filter(Boolean).join('\n\n');
}

function whatChanged({ variants, dataset, repetitions }: Plan): string {
  const control = variants.find(({ name }) => name === 'control');
  const rows = variants.map((variant) => [
    escapeMarkdown(variant.name),
    escapeMarkdown(variant.agent ? `${variant.agent.name}@${variant.agent.version}` : variant.config.adapter),
    variant === control || !control ? '' : differences(control, variant),
  ]);
  const split = dataset.split === null ? '' : `#${dataset.split}`;
  const times = repetitions === 1 ? '' : `, ${repetitions} repetitions`;
  const data = `on <code>${escapeMarkdown(`${dataset.name}@${dataset.version}${split}`)}</code>${times}`;
  return `### What changed\n\n${markdownTable(['variant', 'agent', `against control, ${data}`], rows)}`;
}

function differences(control: PlannedVariant, candidate: PlannedVariant): string {
  const changes = configChanges(control, candidate);
  if (changes.length === 0) return 'the same configuration as control';
  const shown = changes.slice(0, 8).map(({ path, before, after }) => {
    const name = `<code>${escapeMarkdown(path)}</code>`;
    if (before === undefined) return `${name} added: ${escapeMarkdown(after ?? '')}`;
    if (after === undefined) return `${name} removed`;
    return `${name}: ${escapeMarkdown(before)} → ${escapeMarkdown(after)}`;
  });
  return [...shown, ...(changes.length > 8 ? [`… and ${changes.length - 8} more keys`] : [])].join('<br>');
}

function measured(result: RunResult, metric: string): boolean {
  return result.metrics.some((one) => one.metric === metric && one.n > 0);
}

function kindsOf(result: RunResult): Map<string, MetricKind> {
  return new Map(result.metrics.map(({ metric, kind }) => [metric, kind]));
}

function comparisons(result: RunResult): string {
  const kinds = kindsOf(result);
  const rows = result.comparisons
    .filter(({ metric }) => measured(result, metric))
    .map((one) => {
      const kind = kinds.get(one.metric) ?? 'score';
      return [
        escapeMarkdown(labelOf(one)),
        escapeMarkdown(one.candidate),
        formatDifference(kind, one.scale, one.estimate),
        one.interval === null
          ? escapeMarkdown(one.reason ?? '–')
          : `${formatDifferenceInterval(kind, one.scale, one.interval)}${levelOf(one)}`,
        escapeMarkdown(formatP(one.pValue)),
        formatCount(one.improved),
        formatCount(one.regressed),
        one.verdict,
        `${escapeMarkdown(one.test)}, n = ${formatCount(one.n)}${one.flaky ? `, ${formatCount(one.flaky)} flaky` : ''}`,
      ];
    });
  if (rows.length === 0) return '';
  const header = ['metric', 'candidate', 'against control', 'interval', 'p', 'better', 'worse', 'verdict', 'test'];
  return `### Comparisons\n\n${markdownTable(header, rows)}`;
}

function labelOf({ metric, split, slice, quantile }: ComparisonResult): string {
  const part = quantile === undefined ? '' : ` p${Math.round(quantile * 100)}`;
  const keys = Object.entries(slice ?? {}).map(([key, value]) => `${key}: ${value}`);
  const where = keys.length === 0 ? '' : ` where ${keys.join(', ')}`;
  return cut(`${metric}${part}${split === undefined ? '' : `#${split}`}${where}`, 200);
}

function levelOf({ confidence }: ComparisonResult): string {
  return confidence === 0.95 ? '' : ` at ${Number((confidence * 100).toFixed(2))} %`;
}

function metrics(result: RunResult): string {
  const variants = [...new Set(result.metrics.map(({ variant }) => variant))];
  const shown = variants.slice(0, variantColumns);
  const names = [...new Set(result.metrics.map(({ metric }) => metric))].filter((metric) => measured(result, metric));
  const rows = names.map((metric) => [
    escapeMarkdown(metric),
    ...shown.map((variant) => {
      const one = result.metrics.find((found) => found.metric === metric && found.variant === variant);
      if (!one || one.mean === null) return '–';
      const interval = one.interval === null ? '' : ` ${formatInterval(one.kind, one.interval)}`;
      const quantiles =
        one.p50 == null
          ? ''
          : `, p50 ${formatMetric(one.kind, one.p50)}, p95 ${formatMetric(one.kind, one.p95 ?? null)}`;
      return `${formatMetric(one.kind, one.mean)}${interval}${quantiles}, n = ${formatCount(one.n)}`;
    }),
  ]);
  if (rows.length === 0) return '';
  const left = variants.length - shown.length;
  const note = left > 0 ? `\n\n… and ${left} more variants` : '';
  const table = markdownTable(['metric', ...shown.map(escapeMarkdown)], rows);
  const notes = [detectableText(result.detectableEffects), ...(result.attached ? [attachedText(result.attached)] : [])];
  const below = notes.flatMap((text) => (text === '' ? [] : `\n\n${escapeMarkdown(text)}`)).join('');
  return `### Metrics\n\nMeans with 95 % intervals.\n\n${table}${note}${below}`;
}

function front(result: RunResult): string {
  if (!result.front || result.front.dimensions.length < 2) return '';
  const { front: found } = result;
  const rows = found.variants.map((one) => [
    escapeMarkdown(one.variant),
    ...frontCells(found, one, result),
    escapeMarkdown(frontPlace(one)),
  ]);
  const header = ['variant', ...frontHeader(found).map(escapeMarkdown), ''];
  return `### Trade-off\n\n${escapeMarkdown(frontTitle(found))}\n\n${markdownTable(header, rows)}`;
}

/** Golden examples that broke and were called again before they counted. */
function calledAgain({ confirmations = [] }: RunResult): string {
  const rows = confirmations.map(({ candidate, metric, exampleId, failed, calls }) => [
    escapeMarkdown(cut(exampleId, 100)),
    escapeMarkdown(metric),
    escapeMarkdown(candidate),
    `failed ${failed} of ${calls} calls`,
  ]);
  if (rows.length === 0) return '';
  return `### Called again\n\n${markdownTable(['example', 'metric', 'candidate', ''], rows, failuresShown)}`;
}

function failures(result: RunResult): string {
  if (result.failures.length === 0) return '';
  const rows = result.failures.map((group) => [
    `${formatCount(group.count)} of ${formatCount(group.of)}`,
    escapeMarkdown(group.variant),
    escapeMarkdown(`${group.errorClass}, caused by the ${group.causedBy}`),
    escapeMarkdown(cut(group.message, 300)),
    escapeMarkdown(cut(group.exampleId, 100)),
  ]);
  const table = markdownTable(['trials', 'variant', 'cause', 'message', 'e.g. example'], rows, failuresShown);
  return `### Failures\n\n${table}`;
}

function more(result: RunResult, { regressions }: ReportOptions): string {
  const [first] = regressions;
  const commands = [
    `sluice run get ${result.id}`,
    ...(first
      ? [`sluice run examples ${result.id} --metric ${first.metric} --candidate ${first.candidate} --change regressed`]
      : []),
  ];
  // Ids and names hold no character that could end the block.
  return `To see more:\n\n\`\`\`sh\n${commands.join('\n').replaceAll('`', "'")}\n\`\`\``;
}

function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}
