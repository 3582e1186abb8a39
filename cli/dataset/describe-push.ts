import type { DatasetVersionInfo } from '../../schema/contracts/dataset.ts';
import { formatCount } from '../format/format-count.ts';

/** `pushed gsm8k@1: 660 examples (splits test 660)`. */
export function describePush({ name, version, created, examples, splits, ...more }: DatasetVersionInfo): string {
  const warnings = more.warnings.map((warning) => `\nwarning: ${warning}`).join('');
  if (!created) return `unchanged: ${name}@${version} has this content already${warnings}`;
  const each = Object.entries(splits).map(([split, count]) => `${split} ${formatCount(count)}`);
  return `pushed ${name}@${version}: ${formatCount(examples)} ${examples === 1 ? 'example' : 'examples'}${each.length > 0 ? ` (splits ${each.join(', ')})` : ''}${warnings}`;
}
