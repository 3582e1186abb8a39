import type { Colors } from '../colors.ts';
import { formatCount } from '../format/format-count.ts';
import { goldenText } from '../format/golden-text.ts';
import { shortJson } from '../format/short-json.ts';
import type { ChangedExample, Changes } from './load-changes.ts';

/** Examples that changed, one line each: `q17  "My parcel …": shipping → billing`. */
export function renderChanges(changes: Changes, colors: Colors, width: number): string {
  const { metric, candidate, change, total, examples } = changes;
  const word = change === 'regressed' ? colors.red('worse') : colors.green('better');
  // Failed calls are told once, by cause, and not example by example.
  const told = examples.filter((example) => example.control !== undefined && example.candidate !== undefined);
  const more = total - told.length;
  const head = `${word} in ${metric} with ${candidate}: ${formatCount(total)} ${total === 1 ? 'example' : 'examples'}`;
  if (told.length === 0) return `${head} (calls that failed, see below)`;
  return [
    head,
    ...told.flatMap((example) => [
      `  ${describe(example, width - 2)}`,
      ...(example.golden ? [colors.dim(`    golden, ${goldenText(example.golden)}`)] : []),
    ]),
    ...(more > 0 ? [colors.dim(`  … and ${formatCount(more)} more`)] : []),
  ].join('\n');
}

function describe(example: ChangedExample, width: number): string {
  const each = width >= 100 ? 24 : 12;
  const answers = `${shortJson(example.control ?? null, each)} → ${shortJson(example.candidate ?? null, each)}`;
  const room = Math.max(12, width - example.id.length - answers.length - 6);
  return `${example.id}  "${shortJson(example.input, Math.min(60, room))}": ${answers}`;
}
