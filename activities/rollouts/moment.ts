import type { RolloutEvidence } from '../../gates/rollout/judge-rollout.ts';
import type { RolloutLook } from '../../schema/contracts/rollout-look.ts';

/** What one look saw and said. */
export interface Moment {
  /** Temporal's time, or the database's where that is later: an attempt may have waited for a worker. */
  nowMs: number;
  /** When the counts were read, on this process's monotonic clock. */
  loadedAtMs: number;
  evidence: RolloutEvidence;
  look: RolloutLook;
}
