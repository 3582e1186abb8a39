import type { RunResult } from '../../schema/contracts/result.ts';
import type { RolloutLook } from '../../schema/contracts/rollout-look.ts';
import type { Store } from '../../store/open-database.ts';
import { candidateShare } from '../../store/rollouts/candidate-share.ts';
import { listDecisions } from '../../store/rollouts/list-decisions.ts';
import { readRollout } from '../../store/rollouts/read-rollout.ts';
import { summarizeRun } from '../../store/runs/summarize-run.ts';

/** The result object of a rollout as it stands: where it is, what it saw, what was decided. */
export async function describeRollout(db: Store, runId: string, look: RolloutLook | null): Promise<RunResult> {
  const rollout = await readRollout(db, runId);
  const { state } = rollout;
  const summary = await summarizeRun(db, runId, []);
  return {
    ...summary,
    reasons: [...(state.hold === null ? [] : [state.hold]), ...(look?.reasons ?? [])],
    stage: state.phase === 'requested' ? 0 : state.stage + 1,
    phase: state.phase,
    share: await candidateShare(db, rollout),
    guardrails: look?.guardrails ?? [],
    goals: look?.goals ?? [],
    ...(state.rollback_ms === null ? {} : { rollbackMs: state.rollback_ms }),
    ...(look === null ? {} : { sampleRatio: look.sampleRatio }),
    decisions: await listDecisions(db, runId),
  };
}
