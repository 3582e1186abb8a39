import { endRequest, lapseRequests } from '../../store/approvals/end-request.ts';
import type { Store } from '../../store/open-database.ts';
import { beginRollout } from '../../store/rollouts/begin-rollout.ts';
import { changeState } from '../../store/rollouts/change-state.ts';
import { findFreeze } from '../../store/rollouts/find-freeze.ts';
import { findLiveRequest } from '../../store/rollouts/find-live-request.ts';
import { findPassedExperiment } from '../../store/rollouts/find-passed-experiment.ts';
import { noteLook } from '../../store/rollouts/note-look.ts';
import type { Rollout } from '../../store/rollouts/read-rollout.ts';
import { changeStatus } from '../../store/runs/change-status.ts';
import { setResult } from '../../store/runs/set-result.ts';
import { returnToControl } from '../../store/traffic/return-to-control.ts';
import { type Asked, askPersons } from './ask-persons.ts';
import { describeRollout } from './describe-rollout.ts';
import { endRollout } from './end-rollout.ts';
import { enterStage } from './enter-stage.ts';
import { statesOf } from './freeze-moment.ts';
import type { Moment } from './moment.ts';
import { candidateToPromote, promote } from './promote.ts';
import { recordRolloutDecision } from './record-decision.ts';
import { rollBack } from './roll-back.ts';
import { elapsedInStage, idleChange } from './stage-clock.ts';
import { tell } from './tell.ts';
import { whatChanged } from './what-changed.ts';

/** `moved`: something changed, look again at once. `wait`: nothing to do before the next look. */
export type Done = 'moved' | 'wait';

/**
 * Does what a look leads to, in the caller's transaction; the run is locked. In this order: harm, a sample ratio that stays broken and a
 * rejection lead back to control, even while paused or frozen; what was asked about something else lapses; a changed production
 * version and a held rollout wait for a person; then stages are entered, candidates promoted, watches ended.
 */
export async function act(trx: Store, rollout: Rollout, moment: Moment): Promise<Done> {
  const { state, runId } = rollout;
  const { look } = moment;
  await beginRollout(trx, runId);
  const isLive = state.phase === 'stage' || state.phase === 'watch';
  if (isLive && look.next === 'roll_back') {
    // What timed out is a roll-back by policy, unless the goals were asked about and all of them failed.
    const verdict = look.timedOut === true && look.goals.length === 0 ? 'inconclusive' : 'fail';
    await rollBack(trx, rollout, moment, { verdict, reasons: look.reasons });
    return 'moved';
  }
  if (isLive && (await ratioIsBroken(trx, rollout, moment))) return 'moved';
  const stands = state.phase === 'watch' ? 'stands' : await whatWasAskedStands(trx, rollout, moment);
  if (stands === 'ended') return 'moved';

  const frozen = await findFreeze(trx, { projectId: rollout.projectId, at: new Date(moment.nowMs) });
  const idle = rollout.status === 'paused' || frozen !== null;
  const clock = idleChange(state, idle, moment.nowMs);
  if (Object.keys(clock).length > 0) await changeState(trx, runId, clock);
  if (idle) return wait(trx, rollout, moment, rollout.status === 'paused' ? 'paused' : `frozen: ${frozen}`);
  return state.phase === 'watch' ? watch(trx, rollout, moment) : goOn(trx, rollout, moment);
}

/** Before the first stage and in a stage: enters, holds or promotes. Nothing is paused, frozen or harmful. */
async function goOn(trx: Store, rollout: Rollout, moment: Moment): Promise<Done> {
  const { plan, state, runId } = rollout;
  const { look } = moment;
  const changed = controlChanged(rollout);
  if (changed !== null) return hold(trx, rollout, moment, changed);
  const isOrdered = state.command !== null;
  if (state.phase === 'requested') {
    if (state.hold !== null && !isOrdered) return wait(trx, rollout, moment);
    const missing = await missingExperiment(trx, rollout);
    return missing === null ? enter(trx, rollout, moment, 0) : hold(trx, rollout, moment, missing);
  }
  // Not even an order leads past arms that cannot be compared.
  if (look.sampleRatio.state === 'mismatch') return wait(trx, rollout, moment);
  if (look.goals.length > 0 && state.goals === null) {
    await changeState(trx, runId, { goals: JSON.stringify(look.goals) });
  }
  if (!isOrdered) {
    if (state.hold !== null) return wait(trx, rollout, moment);
    if (look.next === 'hold') return hold(trx, rollout, moment, look.reasons[0] ?? 'the policy holds');
    if (look.next === 'reopen') {
      await enterStage(trx, rollout, moment, { stage: state.stage });
      return 'moved';
    }
    if (look.next !== 'advance') return wait(trx, rollout, moment);
  }
  const next = state.stage + (state.command === 'skip' ? 2 : 1);
  return next < plan.stages.length ? enter(trx, rollout, moment, next) : finish(trx, rollout, moment);
}

/** Enters a stage, once the persons that its entry needs have signed; skipping a stage does not skip its persons. */
async function enter(trx: Store, rollout: Rollout, moment: Moment, stage: number): Promise<Done> {
  const { state } = rollout;
  const quorum = quorumOf(rollout, state.phase === 'requested' ? 0 : state.stage + 1, stage);
  const asked = await askPersons(trx, rollout, moment, { action: 'enter_stage', stage: stage + 1, quorum });
  if (asked.state !== 'approved') return answerTo(trx, rollout, moment, asked, `stage ${stage + 1} waits for approval`);
  if (state.phase === 'stage') {
    await recordRolloutDecision(trx, rollout, moment, {
      verdict: isShown(rollout, moment) ? 'pass' : 'inconclusive',
      action: 'roll_forward',
      evidenceId: asked.evidenceId,
    });
  }
  await enterStage(trx, rollout, moment, { stage, disturbed: state.command !== null });
  return 'moved';
}

/** After the last stage: promotes, once the persons that it needs have signed. */
async function finish(trx: Store, rollout: Rollout, moment: Moment): Promise<Done> {
  const { plan, state } = rollout;
  const quorum = Math.max(plan.approvals.promote, quorumOf(rollout, state.stage + 1, plan.stages.length - 1));
  const proven = candidateToPromote(rollout, moment);
  // Ordered past goals that are not shown: persons may sign for it, knowing that; automation may not.
  const alone = plan.candidates.length === 1 ? (plan.candidates[0]?.name ?? null) : null;
  const candidate = proven ?? (state.command !== null && quorum > 0 ? alone : null);
  if (candidate === null)
    return hold(trx, rollout, moment, 'no candidate can be told to be the best: promote one by hand, or abort');
  const asked = await askPersons(trx, rollout, moment, { action: 'promote', quorum });
  if (asked.state !== 'approved') return answerTo(trx, rollout, moment, asked, 'the promotion waits for approval');
  const verdict = proven !== null && isShown(rollout, moment) ? 'pass' : 'inconclusive';
  await promote(trx, rollout, moment, { candidate, verdict, evidenceId: asked.evidenceId });
  return 'moved';
}

/** Nobody ordered it, and no policy answered in place of what the stage was to show. */
function isShown({ state }: Rollout, { look }: Moment): boolean {
  return state.command === null && look.timedOut !== true;
}

/** Persons that the entries of stages `from` to `to` need (positions, from 0): the most that any of them asks for. */
function quorumOf({ plan }: Rollout, from: number, to: number): number {
  let quorum = 0;
  for (let stage = from; stage <= to; stage += 1)
    quorum = Math.max(quorum, plan.approvals.stages[String(stage + 1)] ?? 0);
  return quorum;
}

async function answerTo(trx: Store, rollout: Rollout, moment: Moment, asked: Asked, waiting: string): Promise<Done> {
  return asked.state === 'expired'
    ? hold(trx, rollout, moment, asked.reason)
    : wait(trx, rollout, moment, asked.state === 'open' ? waiting : undefined);
}

/**
 * A rejection ends the rollout, on control. A request that rests on what has changed lapses, also an approved one that was not used yet:
 * when the old state comes back, its approval does not.
 */
async function whatWasAskedStands(trx: Store, rollout: Rollout, moment: Moment): Promise<'stands' | 'ended'> {
  const { state, runId } = rollout;
  const request = await findLiveRequest(trx, { runId, voided: state.voided_request });
  if (request === null) return 'stands';
  if (request.state === 'rejected') {
    const reasons = [request.reason ?? 'Rejected.'];
    if (state.phase === 'requested') {
      await endRollout(trx, rollout, moment, { verdict: 'inconclusive', action: 'hold', reasons });
    } else {
      await rollBack(trx, rollout, moment, { verdict: 'inconclusive', reasons });
    }
    return 'ended';
  }
  const changed = controlChanged(rollout) ?? whatChanged(request.states, statesOf(moment));
  if (changed === null) return 'stands';
  if (request.state === 'open') {
    await endRequest(trx, { requestId: request.id, state: 'lapsed', reason: `The request lapsed: ${changed}.` });
  } else {
    await changeState(trx, runId, { voided_request: request.id });
    rollout.state.voided_request = request.id;
  }
  return 'stands';
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
    await tell(trx, rollout, 'rollout.sample_ratio_broken', sentence);
    return false;
  }
  if (moment.nowMs - state.srm_since.getTime() < plan.srmGraceMs) return false;
  await rollBack(trx, rollout, moment, { verdict: 'inconclusive', reasons: [sentence] });
  return true;
}

/** After the promotion: only harm acts, until the time is over or a person ends it. */
async function watch(trx: Store, rollout: Rollout, moment: Moment): Promise<Done> {
  const { plan, state } = rollout;
  if (state.command === null) {
    const { next, reasons } = moment.look;
    if (state.hold !== null) return wait(trx, rollout, moment);
    if (next === 'hold') return hold(trx, rollout, moment, reasons[0] ?? 'the policy holds');
    const watchMs = (plan.watch?.durationMs ?? 0) + state.extended_ms;
    if (elapsedInStage(state, moment.nowMs) < watchMs) return wait(trx, rollout, moment, 'under watch');
  }
  const reasons = [state.command_note ?? 'no harm was shown while the promoted version was watched'];
  const version = rollout.productionVersion ?? plan.controlVersion;
  await returnToControl(trx, { projectId: rollout.projectId, agentId: plan.agent.id, agent: plan.agent.name, version });
  await endRollout(trx, rollout, moment, {
    verdict: state.command === null ? 'pass' : 'inconclusive',
    action: 'roll_forward',
    reasons,
  });
  return 'moved';
}

/** Somebody made another version the production version: nothing that was measured says how the candidate compares with it. */
function controlChanged({ plan, productionVersion }: Rollout): string | null {
  if (productionVersion === plan.controlVersion) return null;
  return `control_changed: the production version is ${productionVersion ?? 'none'} now, and the rollout compares with ${plan.controlVersion}`;
}

/** Checked again before the first unit: an experiment that went on since may have ended otherwise. */
async function missingExperiment(trx: Store, { plan, projectId }: Rollout): Promise<string | null> {
  if (plan.requires === null) return null;
  const { name: agent } = plan.agent;
  for (const { version } of plan.candidates) {
    const passed = await findPassedExperiment(trx, {
      projectId,
      agent,
      candidate: version,
      control: plan.controlVersion,
    });
    if (passed === null)
      return `requires: no experiment stands as passed that compared version ${version} of agent ${agent} with version ${plan.controlVersion}`;
  }
  return null;
}

/** A person must act: the first reason stands until somebody does, and nobody is asked to sign meanwhile. */
async function hold(trx: Store, rollout: Rollout, moment: Moment, reason: string): Promise<Done> {
  const { runId, state } = rollout;
  if (state.hold === null) {
    await lapseRequests(trx, { runId, reason: `The rollout is held: ${reason}` });
    await changeState(trx, runId, { hold: reason, command: null, command_note: null });
    await tell(trx, rollout, 'rollout.held', `${rollout.name} is held: ${reason}`);
  }
  return wait(trx, rollout, moment);
}

/** Keeps what the look saw for readers. */
async function wait(trx: Store, rollout: Rollout, moment: Moment, why?: string): Promise<Done> {
  const { runId } = rollout;
  if (rollout.status !== 'paused') {
    // A run that begins by asking has begun.
    if (rollout.status === 'queued') await changeStatus(trx, runId, 'running');
    const request = await findLiveRequest(trx, { runId, voided: null });
    await changeStatus(trx, runId, request?.state === 'open' ? 'awaiting_approval' : 'running');
  }
  const look = why === undefined ? moment.look : { ...moment.look, reasons: [why, ...moment.look.reasons] };
  await noteLook(trx, runId, look);
  await setResult(trx, runId, await describeRollout(trx, runId, look));
  return 'wait';
}
