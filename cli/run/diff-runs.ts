import type { DiffAnswer, DiffChange, DiffExample, DiffSide, RunDiff } from '../../schema/contracts/diff.ts';
import { SluiceError } from '../../schema/errors.ts';
import { type Colors, colorsFor } from '../colors.ts';
import { withStack } from '../connect.ts';
import { formatCount } from '../format/format-count.ts';
import { formatDifference, formatDifferenceInterval, formatMetric, formatP } from '../format/format-metric.ts';
import { shortJson } from '../format/short-json.ts';
import type { GlobalOptions } from '../global-options.ts';

export interface DiffOptions {
  readonly metric?: string;
  readonly change?: DiffChange;
  readonly limit?: number;
}

const examplesShown = 20;
const longest = 120;

/** `run diff A [B]`: two runs, or two variants, example by example. With one run: its control and its candidate. */
export async function diffRuns(
  first: string,
  second: string | undefined,
  options: DiffOptions,
  global: GlobalOptions,
): Promise<void> {
  const sides = sidesOf(first, second);
  await withStack(global, async ({ sluice }) => {
    const limit = options.limit ?? (global.json ? undefined : examplesShown);
    const diff = await sluice.runs.diff.query({ ...sides, ...options, limit });
    if (global.json) return console.log(JSON.stringify(diff));
    console.log(await renderDiff(diff, options, colorsFor(process.stdout)));
  });
}

function sidesOf(first: string, second: string | undefined) {
  const a = parseSide(first);
  if (second !== undefined) return { a, b: parseSide(second) };
  if (a.variant === undefined) return { a: { ...a, variant: 'control' }, b: a };
  throw new SluiceError({
    code: 'invalid_input',
    message: `"${first}" names one variant, and there is nothing to compare it with`,
    fix: `Name a second one, e.g. ${a.run}:control, or give the run alone to compare its control with its candidate.`,
  });
}

/** `RUN` or `RUN:variant`. */
function parseSide(text: string): { run: string; variant?: string } {
  const at = text.indexOf(':');
  return at === -1 ? { run: text } : { run: text.slice(0, at), variant: text.slice(at + 1) };
}

async function renderDiff(diff: RunDiff, options: DiffOptions, colors: Colors): Promise<string> {
  const { counts, compared, metric } = diff;
  const left = [
    counts.only_in_a > 0 ? `${formatCount(counts.only_in_a)} only in a` : '',
    counts.only_in_b > 0 ? `${formatCount(counts.only_in_b)} only in b` : '',
    counts.changed > 0 ? `${formatCount(counts.changed)} with other content` : '',
  ].filter(Boolean);
  const split = [
    colors.green(`${formatCount(counts.improved)} better`),
    colors.red(`${formatCount(counts.regressed)} worse`),
    `${formatCount(counts.identical)} identical`,
    `${formatCount(counts.level)} level`,
    ...(counts.unknown > 0 ? [`${formatCount(counts.unknown)} without a value`] : []),
    ...(counts.flaky > 0 ? [`${formatCount(counts.flaky)} flaky`] : []),
  ];
  const shown = diff.examples.map((example) => renderExample(example, colors));
  const total = options.change
    ? counts[options.change]
    : counts.regressed + counts.improved + counts.flaky + counts.only_in_a + counts.only_in_b + counts.changed;
  const more = total - diff.examples.length;
  return [
    `a  ${describeSide(diff.a)}\nb  ${describeSide(diff.b)}`,
    `${formatCount(compared)} examples in both${left.length > 0 ? `; left out: ${left.join(', ')}` : ''}`,
    await comparisonTable(diff, colors),
    `${metric}: ${split.join(', ')}`,
    ...shown,
    ...(more > 0 ? [colors.dim(`… and ${formatCount(more)} more (--limit, --change)`)] : []),
    diff.warnings.map((warning) => `${colors.yellow('warning')} ${warning}`).join('\n'),
  ]
    .filter((block) => block !== '')
    .join('\n\n');
}

function describeSide({ run, name, variant, agent, dataset, repetitions }: DiffSide): string {
  const which = agent ? ` (${agent.name}@${agent.version})` : '';
  const times = repetitions === 1 ? '' : `, ${repetitions} repetitions`;
  return `${name}  ${run}:${variant}${which} on ${dataset}${times}`;
}

async function comparisonTable(diff: RunDiff, colors: Colors): Promise<string> {
  const { renderTable } = await import('../render-table.ts');
  const measured = diff.comparisons.filter(({ n }) => n > 0);
  const rows = measured.map((one) => {
    const found = (variant: string) =>
      diff.metrics.find((metric) => metric.metric === one.metric && metric.variant === variant);
    const kind = found('b')?.kind ?? 'score';
    const level = (variant: string) => {
      const metric = found(variant);
      const { quantile } = one;
      const value = quantile === undefined ? metric?.mean : quantile === 0.5 ? metric?.p50 : metric?.p95;
      return formatMetric(kind, value ?? null);
    };
    const name = one.quantile === undefined ? one.metric : `${one.metric} p${Math.round(one.quantile * 100)}`;
    return [
      name,
      level('a'),
      level('b'),
      formatDifference(kind, one.scale, one.estimate),
      formatDifferenceInterval(kind, one.scale, one.interval),
      formatP(one.pValue),
      one.test,
    ];
  });
  if (rows.length === 0) return '';
  const header = ['metric', 'a', 'b', 'b − a', '95 % interval', 'p', 'test'];
  return renderTable(header.map(colors.dim), rows, Number.POSITIVE_INFINITY) ?? '';
}

const words: Record<DiffChange, string> = {
  improved: 'better',
  regressed: 'worse',
  flaky: 'flaky in a',
  identical: 'identical',
  level: 'level',
  only_in_a: 'only in a',
  only_in_b: 'only in b',
  changed: 'other content',
  unknown: 'no value',
};

function renderExample({ id, change, input, expected, a, b }: DiffExample, colors: Colors): string {
  const paint = change === 'regressed' ? colors.red : change === 'improved' ? colors.green : colors.dim;
  return [
    `${shortJson(id, longest)} ${paint(`(${words[change]})`)}`,
    `  input     ${shortJson(input, longest)}`,
    ...(expected === null ? [] : [`  expected  ${shortJson(expected, longest)}`]),
    ...answers('a', a),
    ...answers('b', b),
  ].join('\n');
}

function answers(side: string, list: readonly DiffAnswer[]): string[] {
  return list.map(({ output, error, score }) => {
    const said = shortJson(error ?? output, longest);
    return `  ${side}         ${said}${score === null ? '' : `  → ${Number(score.toFixed(3))}`}`;
  });
}
