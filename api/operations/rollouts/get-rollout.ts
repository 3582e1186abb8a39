import type { RunResult } from '../../../schema/contracts/result.ts';
import { isFinal } from '../../../schema/contracts/words.ts';
import { findRequest } from '../../../store/approvals/find-request.ts';
import { readApproval } from '../../../store/approvals/read-approval.ts';
import { candidateShare } from '../../../store/rollouts/candidate-share.ts';
import { listDecisions } from '../../../store/rollouts/list-decisions.ts';
import { readRollout } from '../../../store/rollouts/read-rollout.ts';
import { findRun, type RunRow } from '../../../store/runs/find-run.ts';
import { summarizeRun } from '../../../store/runs/summarize-run.ts';
import type { SignedContext } from '../../context.ts';

/** The result object of a rollout as its last look left it, what commands changed since, and who has answered what it asks. */
export async function getRollout(ctx: SignedContext, run: RunRow): Promise<RunResult> {
  const request = await findRequest(ctx.db, { runId: run.id });
  const approval = request ? { approval: await readApproval(ctx.db, request) } : {};
  const summary = await summarizeRun(ctx.db, run.id, []);
  const rollout = await readRollout(ctx.db, run.id);
  const { state } = rollout;
  // Read after the status: what ended the run wrote both at once.
  const result = (await findRun(ctx.db, run.project_id, run.id))?.result ?? null;
  const { status, error, durationMs } = summary;
  // What commands change at once stands in the rows; the rest is as the last look saw it.
  const stopped = isFinal(status) && status !== 'completed';
  const now = {
    status,
    error,
    durationMs,
    phase: state.phase,
    stage: state.phase === 'requested' ? 0 : state.stage + 1,
    share: await candidateShare(ctx.db, rollout),
    decisions: await listDecisions(ctx.db, run.id),
    ...(stopped ? { reasons: [error?.message ?? `the rollout was ${status}`] } : {}),
  };
  if (result === null) return { ...summary, guardrails: [], ...now, ...approval };
  return { ...result, ...now, ...approval };
}
