import type { DatasetDiff, DiffExample } from '../../schema/contracts/dataset.ts';
import type { Json } from '../../schema/contracts/json.ts';
import { parseInput } from '../../schema/contracts/parse-input.ts';
import { datasetReferenceSchema } from '../../schema/contracts/spec.ts';
import { withStack } from '../connect.ts';
import { formatCount } from '../format/format-count.ts';
import type { GlobalOptions } from '../global-options.ts';

export interface DiffOptions {
  /** Examples named of each kind. */
  readonly limit: number;
}

const longest = 80;

/** `dataset diff NAME@3 NAME@5`. */
export async function diffDatasets(
  from: string,
  to: string,
  { limit }: DiffOptions,
  global: GlobalOptions,
): Promise<void> {
  const input = {
    from: parseInput(datasetReferenceSchema, from, `dataset "${from}"`),
    to: parseInput(datasetReferenceSchema, to, `dataset "${to}"`),
    limit,
  };
  await withStack(global, async ({ sluice }) => {
    const diff = await sluice.datasets.diff.query(input);
    console.log(global.json ? JSON.stringify(diff) : renderDiff(diff).join('\n'));
  });
}

function renderDiff(diff: DatasetDiff): string[] {
  const { from, to, counts } = diff;
  const title = `${from.name}@${from.version} (${formatCount(from.examples)}) → ${to.name}@${to.version} (${formatCount(to.examples)})`;
  if (counts.added + counts.removed + counts.changed + counts.moved === 0) return [`${title}: the same examples`];
  const counted = (['added', 'removed', 'changed', 'moved', 'unchanged'] as const)
    .filter((kind) => counts[kind] > 0)
    .map((kind) => `${formatCount(counts[kind])} ${kind === 'moved' ? 'moved between splits' : kind}`);
  const fields = Object.entries(diff.fields).filter(([, count]) => count > 0);
  return [
    `${title}: ${counted.join(', ')}`,
    ...(fields.length > 0
      ? [`changed in ${fields.map(([field, count]) => `${field} ${formatCount(count)}`).join(', ')}`]
      : []),
    ...Object.entries(diff.splits)
      .filter(([, split]) => split.joined + split.left > 0)
      .map(
        ([name, { before, after, joined, left }]) =>
          `split ${name}: ${formatCount(before)} → ${formatCount(after)} (${formatCount(joined)} joined, ${formatCount(left)} left)`,
      ),
    ...listed('+', counts.added, diff.added, ({ splits }) => splits.join(', ')),
    ...listed('-', counts.removed, diff.removed, ({ splits }) => splits.join(', ')),
    ...listed('~', counts.changed, diff.changed, (example) =>
      [...fieldLines(example), ...moves(example)].map((line) => `\n    ${line}`).join(''),
    ),
    ...listed('>', counts.moved, diff.moved, (example) => moves(example).join('; ')),
  ];
}

function listed<One extends { id: string }>(
  sign: string,
  total: number,
  first: readonly One[],
  describe: (one: One) => string,
): string[] {
  const lines = first.map((one) => {
    const more = describe(one);
    return `${sign} ${one.id}${more === '' || more.startsWith('\n') ? '' : '  '}${more}`;
  });
  const more = total - first.length;
  return more > 0 && first.length > 0 ? [...lines, `${sign} … and ${formatCount(more)} more`] : lines;
}

function fieldLines({ fields }: DiffExample): string[] {
  return fields.map(({ field, before, after }) => `${field}: ${short(before)} → ${short(after)}`);
}

/** As JSON, so that a text is told from a number. */
function short(value: Json | null): string {
  const text = JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

function moves({ joined, left }: DiffExample): string[] {
  return [...joined.map((split) => `joined ${split}`), ...left.map((split) => `left ${split}`)];
}
