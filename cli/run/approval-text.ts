import type { Approval } from '../../schema/contracts/approval.ts';
import { formatDuration } from '../format/format-duration.ts';

/** How a request for approval stands, in one line: for whom it waits and since when, or who ended it and how. */
export function approvalText(approval: Approval, now = Date.now()): string {
  const { state, quorum, approvals, reason } = approval;
  const given = approvals.filter((one) => one.answer === 'approve' && one.counts !== false).map(({ person }) => person);
  const by = given.length === 0 ? '' : ` (${given.join(', ')})`;
  const time = (at: string) => at.slice(0, 16).replace('T', ' ');
  switch (state) {
    case 'open': {
      const left = formatDuration(Math.max(0, Date.parse(approval.expiresAt) - now));
      return `waits for ${quorum - given.length} of ${quorum} approvals${by} since ${time(approval.requestedAt)} UTC, for another ${left}`;
    }
    case 'approved':
      return `approved by ${given.join(', ')}`;
    case 'rejected':
      return reason ?? 'rejected';
    case 'expired':
      return (
        reason ?? `its time was over at ${time(approval.expiresAt)} UTC with ${given.length} of ${quorum} approvals`
      );
    case 'lapsed':
      return reason ?? 'lapsed';
  }
}
