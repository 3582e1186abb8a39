import type { RunResult } from '../../../schema/contracts/result.ts';
import { findRequest } from '../../../store/approvals/find-request.ts';
import { readApproval } from '../../../store/approvals/read-approval.ts';
import type { RunRow } from '../../../store/runs/find-run.ts';
import { summarizeRun } from '../../../store/runs/summarize-run.ts';
import type { SignedContext } from '../../context.ts';

/** The result object of a rollout as its last look left it, and who has answered what it asks. */
export async function getRollout(ctx: SignedContext, run: RunRow): Promise<RunResult> {
  const request = await findRequest(ctx.db, { runId: run.id });
  const approval = request ? { approval: await readApproval(ctx.db, request) } : {};
  const summary = await summarizeRun(ctx.db, run.id, []);
  if (run.result === null) return { ...summary, ...approval };
  // What commands change at once stands in the row; the rest is as the last look saw it.
  const { status, error, durationMs } = summary;
  return { ...run.result, status, error, durationMs, ...approval };
}
