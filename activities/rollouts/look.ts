import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { judgeRollout } from '../../gates/rollout/judge-rollout.ts';
import { isFinal } from '../../schema/contracts/words.ts';
import { settleUnits } from '../../store/outcomes/settle-units.ts';
import { loadRolloutEvidence } from '../../store/rollouts/load-rollout-evidence.ts';
import { readRollout } from '../../store/rollouts/read-rollout.ts';
import { lockRun } from '../../store/runs/lock-run.ts';
import { renewLease } from '../../store/traffic/renew-lease.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { act } from './act.ts';
import { elapsedInStage } from './stage-clock.ts';

export interface LookOutput {
  /** True when the rollout is over. */
  ended: boolean;
}

/** The type of the failure that says "nothing yet, look again". */
export const nothingYet = 'nothing_yet';

/**
 * One look at a rollout: renews the lease, settles values whose window closed, judges, and acts in one transaction with the evidence and
 * the decision. When there is nothing to do it fails in a way that Temporal tries again after the cadence: waiting for weeks adds
 * nothing to the history. Durations go by Temporal's clock (that of this attempt), leases and approvals by the database's.
 */
export async function lookAtRollout(
  dependencies: ActivityDependencies,
  { runId }: { runId: string },
): Promise<LookOutput> {
  const { db } = dependencies;
  const nowMs = activityInfo().currentAttemptScheduledTimestampMs;
  const seen = await readRollout(db, runId);
  if (isFinal(seen.status)) return { ended: true };
  await renewLease(db, runId);
  if (seen.state.phase !== 'requested') await settleUnits(db, { runId, asOf: new Date(nowMs) });
  const { plan, state } = seen;
  const evidence = {
    ...(await loadRolloutEvidence(db, runId)),
    stage: state.stage,
    elapsedMs: elapsedInStage(state, nowMs),
    extendedMs: state.extended_ms,
    disturbed: state.disturbed,
    droppedExposures: state.dropped_exposures,
  };
  const look = judgeRollout(plan, evidence);
  const done = await db.transaction().execute(async (trx) => {
    await lockRun(trx, runId);
    const rollout = await readRollout(trx, runId);
    // Somebody changed what this look saw: it is over, and the next one sees it.
    if (isFinal(rollout.status) || rollout.state.seq !== state.seq) return 'moved';
    return act(trx, rollout, { nowMs, evidence, look });
  });
  if (done === 'moved') return { ended: isFinal((await readRollout(db, runId)).status) };
  throw ApplicationFailure.create({
    type: nothingYet,
    message: look.reasons[0] ?? 'nothing to do yet',
    nextRetryDelay: plan.cadenceMs,
    category: 'BENIGN',
  });
}
