import type { Json } from '../../schema/contracts/json.ts';
import type { RunResult } from '../../schema/contracts/result.ts';
import { formatCount } from '../format/format-count.ts';
import { goldenText } from '../format/golden-text.ts';
import { escapeMarkdown, escapePre } from './escape-markdown.ts';
import type { RegressedExample, Regressions, Said } from './load-regressions.ts';

const valueLength = 800;

/**
 * Examples on which a candidate did worse, folded away, with what each variant said; as many as fit into `room`
 * characters. Those without an answer stand last: failures are told by cause elsewhere.
 */
export function renderRegressions(all: readonly Regressions[], result: RunResult, room: number): string {
  if (all.length === 0) return '';
  const several = Object.keys(result.verdicts).length > 1;
  // Each comparison gets its share, so that one of many examples does not hide the others.
  const share = Math.floor(room / all.length);
  const blocks = all.map((one) => renderOne(one, several, share));
  return ['### Worse than control', ...blocks.filter(Boolean)].join('\n\n');
}

function renderOne({ metric, candidate, total, examples }: Regressions, several: boolean, room: number): string {
  const noun = total === 1 ? 'example' : 'examples';
  // Inside of <summary> there is no Markdown.
  const of = several ? ` with ${escapePre(candidate)}` : '';
  const head = `<details><summary>${formatCount(total)} ${noun} worse in ${escapePre(metric)}${of}</summary>`;
  const tail = '</details>';
  const sorted = [...examples].sort(
    (one, other) => Number(one.candidate.error !== null) - Number(other.candidate.error !== null),
  );
  const blocks: string[] = [];
  let left = room - head.length - tail.length - 60;
  for (const example of sorted) {
    const block = renderExample(example, candidate);
    if (block.length + 2 > left) break;
    blocks.push(block);
    left -= block.length + 2;
  }
  if (total > blocks.length) blocks.push(`… and ${formatCount(total - blocks.length)} more`);
  return room < 200 ? '' : [head, ...blocks, tail].join('\n\n');
}

function renderExample({ id, input, expected, golden, control, candidate }: RegressedExample, name: string): string {
  const lines = [
    ['input', show(input)],
    ...(expected === undefined ? [] : [['expected', show(expected)]]),
    ...(golden ? [['golden', goldenText(golden)]] : []),
    [`control${score(control)}`, say(control)],
    [`${name}${score(candidate)}`, say(candidate)],
  ].map(([title = '', text = '']) => `<b>${escapePre(title)}</b>\n${escapePre(text)}`);
  return `${escapeMarkdown(cut(id, 200))}\n\n<pre>\n${lines.join('\n')}\n</pre>`;
}

function score({ score: value }: Said): string {
  return value === null ? '' : ` (${Number(value.toFixed(3))})`;
}

function say({ output, error }: Said): string {
  return error === null ? show(output) : `no answer: ${cut(error, valueLength)}`;
}

function show(value: Json): string {
  return cut(typeof value === 'string' ? value : (JSON.stringify(value, null, 1) ?? ''), valueLength);
}

function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}… (${formatCount(text.length)} characters)`;
}
