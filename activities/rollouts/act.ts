import type { Store } from '../../store/open-database.ts';
import { changeState } from '../../store/rollouts/change-state.ts';
import { findFreeze } from '../../store/rollouts/find-freeze.ts';
import { noteLook } from '../../store/rollouts/note-look.ts';
import type { Rollout } from '../../store/rollouts/read-rollout.ts';
import { changeStatus } from '../../store/runs/change-status.ts';
import { setResult } from '../../store/runs/set-result.ts';
import { returnToControl } from '../../store/traffic/return-to-control.ts';
import { type Asked, askPersons } from './ask-persons.ts';
import { describeRollout } from './describe-rollout.ts';
import { endRollout } from './end-rollout.ts';
import { enterStage } from './enter-stage.ts';
import type { Moment } from './moment.ts';
import { candidateToPromote, promote } from './promote.ts';
import { recordRolloutDecision } from './record-decision.ts';
import { rollBack } from './roll-back.ts';
import { elapsedInStage, idleChange } from './stage-clock.ts';

/** `moved`: something changed, look again at once. `wait`: nothing to do before the next look. */
export type Done = 'moved' | 'wait';

/**
 * Does what a look leads to, in the caller's transaction; the run is locked. In this order: harm rolls back, even while paused or
 * frozen; a broken sample ratio returns to control after its grace; a changed production version and a held rollout wait for a
 * person; then stages are entered, candidates promoted, watches ended.
 */
export async function act(trx: Store, rollout: Rollout, moment: Moment): Promise<Done> {
  const { plan, state } = rollout;
  const { look } = moment;
  const isLive = state.phase === 'stage' || state.phase === 'watch';
  if (isLive && look.next === 'roll_back') {
    await rollBack(trx, rollout, moment, { verdict: 'fail', reasons: look.reasons });
    return 'moved';
  }
  if (isLive && (await ratioIsBroken(trx, rollout, moment))) return 'moved';

  const frozen = await findFreeze(trx, { projectId: rollout.projectId, at: new Date(moment.nowMs) });
  const idle = rollout.status === 'paused' || frozen !== null;
  const clock = idleChange(state, idle, moment.nowMs);
  if (Object.keys(clock).length > 0) await changeState(trx, rollout.runId, clock);
  if (idle) return wait(trx, rollout, moment, rollout.status === 'paused' ? 'paused' : `frozen: ${frozen}`);

  if (state.phase === 'watch') return endWatch(trx, rollout, moment);
  if (rollout.productionVersion !== plan.controlVersion) {
    const now = rollout.productionVersion ?? 'none';
    return hold(
      trx,
      rollout,
      moment,
      `control_changed: the production version is ${now} now, and the rollout compares with ${plan.controlVersion}`,
    );
  }
  if (state.phase === 'requested') return enter(trx, rollout, moment, 0);
  const isOrdered = state.command !== null;
  if (!isOrdered && look.next === 'hold') return hold(trx, rollout, moment, look.reasons[0] ?? 'the policy holds');
  if (!isOrdered && state.hold !== null) return wait(trx, rollout, moment);
  if (!isOrdered && look.next === 'reopen') {
    await enterStage(trx, rollout, moment, { stage: state.stage });
    return 'moved';
  }
  if (!isOrdered && look.next !== 'advance') return wait(trx, rollout, moment);
  const next = state.stage + (state.command === 'skip' ? 2 : 1);
  return next < plan.stages.length ? enter(trx, rollout, moment, next) : finish(trx, rollout, moment);
}

/** Enters a stage, once the persons that its entry needs have signed. */
async function enter(trx: Store, rollout: Rollout, moment: Moment, stage: number): Promise<Done> {
  const quorum = rollout.plan.approvals.stages[String(stage + 1)] ?? 0;
  const asked = await askPersons(trx, rollout, moment, { action: 'enter_stage', stage: stage + 1, quorum });
  if (asked.state !== 'approved') return answerTo(trx, rollout, moment, asked, `stage ${stage + 1} waits for approval`);
  if (rollout.state.phase === 'stage') {
    await recordRolloutDecision(trx, rollout, moment, {
      verdict: 'pass',
      action: 'roll_forward',
      reasons: moment.look.reasons,
    });
  }
  await enterStage(trx, rollout, moment, { stage, disturbed: rollout.state.command !== null });
  return 'moved';
}

/** After the last stage: promotes, once the persons that it needs have signed. */
async function finish(trx: Store, rollout: Rollout, moment: Moment): Promise<Done> {
  const candidate = candidateToPromote(rollout, moment);
  if (candidate === null)
    return hold(trx, rollout, moment, 'no candidate can be told to be the best: promote one by hand, or abort');
  const asked = await askPersons(trx, rollout, moment, { action: 'promote', quorum: rollout.plan.approvals.promote });
  if (asked.state !== 'approved') return answerTo(trx, rollout, moment, asked, 'the promotion waits for approval');
  await promote(trx, rollout, moment, candidate);
  return 'moved';
}

async function answerTo(trx: Store, rollout: Rollout, moment: Moment, asked: Asked, waiting: string): Promise<Done> {
  if (asked.state === 'rejected') {
    if (rollout.state.phase === 'requested') {
      await endRollout(trx, rollout, moment, { verdict: 'inconclusive', action: 'hold', reasons: [asked.reason] });
    } else {
      await rollBack(trx, rollout, moment, { verdict: 'inconclusive', reasons: [asked.reason] });
    }
    return 'moved';
  }
  return asked.state === 'expired'
    ? hold(trx, rollout, moment, asked.reason)
    : wait(trx, rollout, moment, waiting, true);
}

/** A mismatch that lasts longer than its grace returns everybody to control: nothing measured under it can be trusted. */
async function ratioIsBroken(trx: Store, rollout: Rollout, moment: Moment): Promise<boolean> {
  const { state, plan, runId } = rollout;
  const { state: ratio, sentence } = moment.look.sampleRatio;
  if (ratio === 'ok') {
    if (state.srm_since !== null) await changeState(trx, runId, { srm_since: null });
    return false;
  }
  if (state.srm_since === null) {
    await changeState(trx, runId, { srm_since: new Date(moment.nowMs) });
    return false;
  }
  if (moment.nowMs - state.srm_since.getTime() < plan.srmGraceMs) return false;
  await rollBack(trx, rollout, moment, { verdict: 'inconclusive', reasons: [sentence] });
  return true;
}

async function endWatch(trx: Store, rollout: Rollout, moment: Moment): Promise<Done> {
  const { plan, state } = rollout;
  if (elapsedInStage(state, moment.nowMs) < (plan.watch?.durationMs ?? 0))
    return wait(trx, rollout, moment, 'under watch');
  const reasons = ['no harm was shown while the promoted version was watched'];
  const version = rollout.productionVersion ?? plan.controlVersion;
  await returnToControl(trx, { projectId: rollout.projectId, agentId: plan.agent.id, agent: plan.agent.name, version });
  await endRollout(trx, rollout, moment, { verdict: 'pass', action: 'roll_forward', reasons });
  return 'moved';
}

/** A person must act: the reason stands until somebody does. */
async function hold(trx: Store, rollout: Rollout, moment: Moment, reason: string): Promise<Done> {
  if (rollout.state.hold !== reason) await changeState(trx, rollout.runId, { hold: reason, command: null });
  return wait(trx, rollout, moment);
}

/** Keeps what the look saw for readers. @param asked True while persons are asked. */
async function wait(trx: Store, rollout: Rollout, moment: Moment, why?: string, asked = false): Promise<Done> {
  if (rollout.status !== 'paused') await changeStatus(trx, rollout.runId, asked ? 'awaiting_approval' : 'running');
  const look = why === undefined ? moment.look : { ...moment.look, reasons: [why, ...moment.look.reasons] };
  await noteLook(trx, rollout.runId, look);
  await setResult(trx, rollout.runId, await describeRollout(trx, rollout.runId, look));
  return 'wait';
}
