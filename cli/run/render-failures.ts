import type { FailureGroup } from '../../schema/contracts/result.ts';
import type { Colors } from '../colors.ts';
import { formatCount } from '../format/format-count.ts';

const groupsShown = 6;
const messageLength = 300;

/** What to do about each class of failure (schema/contracts/call.ts). */
const adviceOn: Readonly<Record<string, string>> = {
  server_error: 'see why in the log of the agent; with `retries` it is asked more often',
  client_error: 'correct url, headers or secret of the variant',
  rate_limited: 'give the agent `limits: { concurrency, perSecond }` it can bear',
  timeout: 'make the agent answer sooner, or raise timeoutMs of the variant',
  invalid_output: 'answer JSON of the form {"output": …}, or say where the output is with outputPath',
  too_large: 'answer less, or raise maxResponseBytes of the variant',
  connection_reset: 'see in the log of the agent why it closed the connection',
  threw: 'correct the function in sluice.config.ts; it is read again by itself',
  unreachable: 'start the agent, or correct url of the variant',
  blocked: 'name a public address, or allow private ones with SLUICE_ALLOW_PRIVATE_HOSTS',
  not_configured: 'give the worker that secret or function',
  no_recording: 'correct `path` of the variant, or add the recording to the example',
};
const adviceOnJudges = 'correct the evaluator; scores that are missing are never counted as 0';

/** Failures by cause, three lines each: `50 of 50 trials of candidate: connection refused at URL`. */
export function renderFailures(failures: readonly FailureGroup[], colors: Colors): string {
  if (failures.length === 0) return '';
  const shown = failures.slice(0, groupsShown).map((group) => {
    const what = group.causedBy === 'evaluator' ? 'scores' : 'trials';
    const share = `${formatCount(group.count)} of ${formatCount(group.of)} ${what} of ${group.variant}`;
    const message = group.message.replaceAll(/\s+/g, ' ');
    const cut = message.length > messageLength ? `${message.slice(0, messageLength)}…` : message;
    const place = `${group.errorClass}, caused by the ${group.causedBy}; e.g. example ${group.exampleId}`;
    const advice = group.causedBy === 'evaluator' ? adviceOnJudges : adviceOn[group.errorClass];
    return `${colors.red(share)}: ${cut}\n  ${colors.dim(place)}${advice ? `\n  ${colors.cyan('fix:')} ${advice}` : ''}`;
  });
  const more = failures.length - shown.length;
  return ['failures', ...shown, ...(more > 0 ? [`and ${more} more kinds of failure`] : [])].join('\n');
}
