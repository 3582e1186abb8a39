import type { FailureGroup } from '../../schema/contracts/result.ts';
import type { Colors } from '../colors.ts';
import { formatCount } from '../format/format-count.ts';

const groupsShown = 6;
const messageLength = 300;

/** Failures by cause, two lines each: `50 of 50 trials of candidate: connection refused at URL`. */
export function renderFailures(failures: readonly FailureGroup[], colors: Colors): string {
  if (failures.length === 0) return '';
  const shown = failures.slice(0, groupsShown).map((group) => {
    const what = group.causedBy === 'evaluator' ? 'scores' : 'trials';
    const share = `${formatCount(group.count)} of ${formatCount(group.of)} ${what} of ${group.variant}`;
    const message = group.message.replaceAll(/\s+/g, ' ');
    const cut = message.length > messageLength ? `${message.slice(0, messageLength)}…` : message;
    return `${colors.red(share)}: ${cut}\n  ${colors.dim(`${group.errorClass}, caused by the ${group.causedBy}; e.g. example ${group.exampleId}`)}`;
  });
  const more = failures.length - shown.length;
  return ['failures', ...shown, ...(more > 0 ? [`and ${more} more kinds of failure`] : [])].join('\n');
}
