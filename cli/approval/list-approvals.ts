import { withStack } from '../connect.ts';
import { formatDuration } from '../format/format-duration.ts';
import type { GlobalOptions } from '../global-options.ts';
import { printRows } from '../print-rows.ts';

/** `approval list`: what waits for persons, and what of it is for whoever asks. */
export async function listApprovals(options: { mine?: boolean }, global: GlobalOptions): Promise<void> {
  await withStack(global, async ({ sluice }) => {
    await printRows(await sluice.approvals.list.query({ mine: options.mine ?? false }), global, {
      none: options.mine ? 'nothing waits for your approval' : 'nothing waits for approval',
      columns: {
        run: (one) => one.runId,
        asks: (one) => one.sentence,
        by: (one) => one.requestedBy,
        answers: ({ approval }) =>
          `${approval.approvals.filter(({ counts }) => counts !== false).length} of ${approval.quorum}`,
        left: ({ approval }) => formatDuration(Math.max(0, Date.parse(approval.expiresAt) - Date.now())),
        yours: (one) => (one.mine ? 'yes' : `no: ${one.why?.replace(/^.*?run_\w+: /, '')}`),
      },
    });
  });
}
