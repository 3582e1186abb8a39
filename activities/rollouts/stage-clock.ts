import type { Rollout } from '../../store/rollouts/read-rollout.ts';

type Times = Pick<Rollout['state'], 'entered_at' | 'idle_ms' | 'idle_since'>;

/** How long the stage has run at `nowMs`, times when nothing may advance left out. */
export function elapsedInStage(state: Times, nowMs: number): number {
  if (state.entered_at === null) return 0;
  const idleNow = state.idle_since === null ? 0 : Math.max(0, nowMs - state.idle_since.getTime());
  return Math.max(0, nowMs - state.entered_at.getTime() - state.idle_ms - idleNow);
}

/** What changes in the clock when the stage becomes idle (paused, frozen) or goes on; empty when nothing does. */
export function idleChange(state: Times, idle: boolean, nowMs: number): { idle_ms?: number; idle_since?: Date | null } {
  if (idle === (state.idle_since !== null)) return {};
  if (idle) return { idle_since: new Date(nowMs) };
  const since = state.idle_since?.getTime() ?? nowMs;
  return { idle_since: null, idle_ms: state.idle_ms + Math.max(0, nowMs - since) };
}
