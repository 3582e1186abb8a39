import { SluiceError } from '../../schema/errors.ts';
import { renderApproval } from '../approval/render-approval.ts';
import { colorsFor } from '../colors.ts';
import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';
import { approvalText } from './approval-text.ts';

export interface AnswerOptions {
  readonly reason?: string;
  /** Of what was looked at; its first characters are enough. Default: what is shown now. */
  readonly evidence?: string;
}

/** `run approve ID` and `run reject ID`: shows the evidence, signs it, and says what was signed. */
export async function answerRun(
  answer: 'approve' | 'reject',
  id: string,
  options: AnswerOptions,
  global: GlobalOptions,
): Promise<void> {
  const reason = options.reason?.trim();
  if (answer === 'reject' && !reason) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `run ${id} is not rejected: a reason is needed, for whoever started it`,
      fix: `Say why: \`sluice run reject ${id} --reason TEXT\`.`,
    });
  }
  await withStack(global, async ({ sluice, again }) => {
    const page = await sluice.approvals.get.query({ id });
    const colors = colorsFor(process.stdout);
    if (!global.json) console.log(`${renderApproval(page, colors)}\n`);
    const shown = page.approval.evidenceHash;
    const meant = options.evidence?.toLowerCase();
    // Beginnings that are too short to name one thing are sent as they are, and refused.
    const evidenceHash = meant === undefined || (meant.length >= 8 && shown.startsWith(meant)) ? shown : meant;
    const answered =
      answer === 'approve'
        ? await sluice.runs.approve.mutate({ id, evidenceHash, reason: reason || undefined })
        : await sluice.runs.reject.mutate({ id, evidenceHash, reason: reason ?? '' });
    if (global.json) return console.log(JSON.stringify(answered));
    const did = answer === 'approve' ? colors.green('approved') : colors.red('rejected');
    console.log(`${answered.changed ? did : `${did} already`}: ${answered.sentence}`);
    console.log(
      answered.action === null
        ? `the run ${approvalText(answered.approval)}`
        : `decided: ${answered.action.replace('_', ' ')} (${answered.decisionId}); ${again(`run get ${id}`)}`,
    );
  });
}
