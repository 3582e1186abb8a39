import type { RolloutEvidence } from '../../gates/rollout/judge-rollout.ts';
import type { RolloutLook } from '../../schema/contracts/rollout-look.ts';

/** What one look saw and said. */
export interface Moment {
  /** Temporal's time. */
  nowMs: number;
  evidence: RolloutEvidence;
  look: RolloutLook;
}
