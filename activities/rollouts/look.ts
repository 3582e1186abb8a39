import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { judgeRollout, type RolloutEvidence } from '../../gates/rollout/judge-rollout.ts';
import { isFinal } from '../../schema/contracts/words.ts';
import { settleUnits } from '../../store/outcomes/settle-units.ts';
import { databaseTimeMs } from '../../store/rollouts/database-time.ts';
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

export interface LookOptions {
  /** Between two looks, in place of 15 s; for tests that skip time. */
  longestWaitMs?: number;
}

/** The type of the failure that says "nothing yet, look again". */
export const nothingYet = 'nothing_yet';

/** The lease is a minute: whatever the cadence, a split with a share is looked at this often. */
const renewalMs = 15_000;

/**
 * One look at a rollout: settles values whose window closed, judges, acts in one transaction with the evidence and the decision, and
 * renews the lease, last, so that looks that fail let it run out. When there is nothing to do it fails in a way that Temporal tries
 * again after the cadence: waiting for weeks adds nothing to the history. Durations go by Temporal's clock (that of this attempt, which
 * tests may skip), or by the database's where the attempt waited for a worker; leases and approvals by the database's.
 */
export async function lookAtRollout(
  dependencies: ActivityDependencies,
  { runId }: { runId: string },
  options: LookOptions = {},
): Promise<LookOutput> {
  const { db } = dependencies;
  const nowMs = Math.max(activityInfo().currentAttemptScheduledTimestampMs, await databaseTimeMs(db));
  const seen = await readRollout(db, runId);
  if (isFinal(seen.status)) return { ended: true };
  if (seen.state.phase !== 'requested') await settleUnits(db, { runId, asOf: new Date(nowMs) });
  const { plan, state } = seen;
  const counts = await loadRolloutEvidence(db, runId);
  const loadedAtMs = performance.now();
  const evidence: RolloutEvidence = {
    ...counts,
    stage: state.stage,
    elapsedMs: elapsedInStage(state, nowMs),
    extendedMs: state.extended_ms,
    disturbed: state.disturbed,
    droppedExposures: state.dropped_exposures,
    ...(state.goals === null ? {} : { goals: state.goals }),
    ...(state.command === null ? {} : { ordered: state.command }),
    ...(state.promoted === null ? {} : { promoted: state.promoted }),
  };
  const look = judgeRollout(plan, evidence);
  const done = await db.transaction().execute(async (trx) => {
    await lockRun(trx, runId);
    const rollout = await readRollout(trx, runId);
    // Somebody changed what this look saw: it is over, and the next one sees it.
    if (isFinal(rollout.status) || rollout.state.seq !== state.seq) return 'moved';
    return act(trx, rollout, { nowMs, loadedAtMs, evidence, look });
  });
  await renewLease(db, runId);
  if (done === 'moved') return { ended: isFinal((await readRollout(db, runId)).status) };
  throw ApplicationFailure.create({
    type: nothingYet,
    message: look.reasons[0] ?? 'nothing to do yet',
    nextRetryDelay: Math.min(plan.cadenceMs, options.longestWaitMs ?? renewalMs),
    category: 'BENIGN',
  });
}
