import type { Store } from '../../store/open-database.ts';
import { changeState } from '../../store/rollouts/change-state.ts';
import { firstTrafficAtMs } from '../../store/rollouts/first-traffic.ts';
import { newestAnchors } from '../../store/rollouts/newest-anchors.ts';
import { openStratum } from '../../store/rollouts/open-stratum.ts';
import type { Rollout } from '../../store/rollouts/read-rollout.ts';
import { changeStatus } from '../../store/runs/change-status.ts';
import { setTraffic } from '../../store/traffic/set-traffic.ts';
import type { Moment } from './moment.ts';
import { splitOfStage } from './split-of-stage.ts';
import { tell } from './tell.ts';

/**
 * Moves the traffic to a stage: its split, its stratum, its clock. The same stage again opens a new stratum with the
 * anchors that were found; its clock goes on. Stage `plan.stages.length` is the watch after `promoted` became the production version.
 */
export async function enterStage(
  trx: Store,
  rollout: Rollout,
  moment: Moment,
  input: { stage: number; disturbed?: boolean; promoted?: string },
): Promise<void> {
  const { runId, plan, state } = rollout;
  const { stage } = input;
  const again = state.phase === 'stage' && state.stage === stage;
  const { split, seed, shares } = splitOfStage(plan, {
    runId,
    stage,
    startedAtMs: (await firstTrafficAtMs(trx, runId)) ?? moment.nowMs,
    ...(input.promoted === undefined ? {} : { promoted: input.promoted }),
  });
  const anchors = {
    ...Object.fromEntries(plan.metrics.map(({ name, anchor }) => [name, anchor])),
    ...(await newestAnchors(trx, runId)),
    ...moment.look.anchors,
  };
  const isShadow = split.shadow !== null;
  const stratum = isShadow ? null : await openStratum(trx, { runId, stage, seed, shares, anchors });
  await setTraffic(trx, { projectId: rollout.projectId, split, stage, stratum });
  await changeStatus(trx, runId, 'running');
  await changeState(trx, runId, {
    phase: input.promoted === undefined ? 'stage' : 'watch',
    stage,
    stratum,
    hold: null,
    command: null,
    command_note: null,
    goals: null,
    promoted: input.promoted ?? null,
    ...(input.disturbed ? { disturbed: true } : {}),
    ...(again
      ? {}
      : { entered_at: new Date(moment.nowMs), idle_ms: 0, idle_since: null, extended_ms: 0, srm_since: null }),
  });
  if (again || input.promoted !== undefined) return;
  const share = Number((1 - (shares.control ?? 0)).toFixed(4));
  const what = isShadow
    ? 'the candidate answers in the shadow of control'
    : `${Number((100 * share).toFixed(2))} % of units get a candidate`;
  const sentence = `${rollout.name} enters stage ${stage + 1}: ${what}`;
  await tell(trx, rollout, 'rollout.stage_entered', sentence, { stage: stage + 1, share });
}
