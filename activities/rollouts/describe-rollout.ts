import type { RunResult } from '../../schema/contracts/result.ts';
import type { RolloutLook } from '../../schema/contracts/rollout-look.ts';
import type { Store } from '../../store/open-database.ts';
import { listDecisions } from '../../store/rollouts/list-decisions.ts';
import { readRollout } from '../../store/rollouts/read-rollout.ts';
import { summarizeRun } from '../../store/runs/summarize-run.ts';
import { findSplit } from '../../store/traffic/find-split.ts';

/** The result object of a rollout as it stands: where it is, what it saw, what was decided. */
export async function describeRollout(db: Store, runId: string, look: RolloutLook | null): Promise<RunResult> {
  const { state, plan } = await readRollout(db, runId);
  const summary = await summarizeRun(db, runId, []);
  const split = await findSplit(db, plan.agent.id);
  const candidates = new Set(plan.candidates.map(({ name }) => name));
  const share = (split?.runId === runId ? split.variants : [])
    .filter(({ name }) => candidates.has(name))
    .reduce((sum, { range }) => sum + range[1] - range[0], 0);
  return {
    ...summary,
    reasons: [...(state.hold === null ? [] : [state.hold]), ...(look?.reasons ?? [])],
    stage: state.phase === 'requested' ? 0 : state.stage + 1,
    phase: state.phase,
    share: Number(share.toFixed(4)),
    guardrails: look?.guardrails ?? [],
    goals: look?.goals ?? [],
    ...(state.rollback_ms === null ? {} : { rollbackMs: state.rollback_ms }),
    ...(look === null ? {} : { sampleRatio: look.sampleRatio }),
    decisions: await listDecisions(db, runId),
  };
}
