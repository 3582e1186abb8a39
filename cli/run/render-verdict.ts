import type { RunResult } from '../../schema/contracts/result.ts';
import { isFinal } from '../../schema/contracts/words.ts';
import type { Colors } from '../colors.ts';
import { approvalText } from './approval-text.ts';

/** The verdict with its action and its reasons; empty while the run goes on. */
export function renderVerdict(result: RunResult, colors: Colors): string {
  if (result.verdict === null) {
    if (!isFinal(result.status)) return '';
    return `${colors.bold('verdict')} none: the run ${result.status === 'aborted' ? 'was aborted' : 'could not finish'}`;
  }
  const perCandidate = Object.entries(result.verdicts);
  const each =
    perCandidate.length > 1 ? ` (${perCandidate.map(([candidate, one]) => `${candidate}: ${one}`).join(', ')})` : '';
  const action = result.action === null ? '' : ` → ${result.action.replace('_', ' ')}`;
  const reasons = result.reasons.map((reason) => `  ${reason}`);
  const asked = result.approval ? [`  ${colors.bold('approval')} ${approvalText(result.approval)}`] : [];
  const broken =
    result.counts.succeeded === 0
      ? [`  ${colors.red('not one call succeeded: this says nothing about the candidate')}`]
      : [];
  const word = paintVerdict(result.verdict.toUpperCase(), result.verdict, colors);
  return [`${colors.bold('verdict')} ${word}${action}${each}`, ...asked, ...reasons, ...broken].join('\n');
}

/** Green for pass, red for fail, yellow for what cannot be told. */
export function paintVerdict(text: string, verdict: RunResult['verdict'], colors: Colors): string {
  if (verdict === 'pass') return colors.green(text);
  return verdict === 'fail' ? colors.red(text) : colors.yellow(text);
}
