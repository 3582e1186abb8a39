import { formatCount } from '../format/format-count.ts';
import type { PushResult } from './push-file.ts';

/** `pushed gsm8k@1: 660 examples (splits test 660)`. */
export function describePush({ name, version, created, examples, splits, ...more }: PushResult): string {
  const { uploaded = 0, there = 0 } = more.media ?? {};
  const media = more.media ? `, ${formatCount(uploaded)} of ${formatCount(uploaded + there)} media uploaded` : '';
  const warnings = more.warnings.map((warning) => `\nwarning: ${warning}`).join('');
  if (!created) return `unchanged: ${name}@${version} has this content already${media}${warnings}`;
  const each = Object.entries(splits).map(([split, count]) => `${split} ${formatCount(count)}`);
  return `pushed ${name}@${version}: ${formatCount(examples)} ${examples === 1 ? 'example' : 'examples'}${each.length > 0 ? ` (splits ${each.join(', ')})` : ''}${media}${warnings}`;
}
