import type { Verdict } from './words.ts';

/** What persons are asked for. Experiments ask to promote; rollouts also before a stage, and for a rollback. */
export const approvalActions = ['promote', 'enter_stage', 'roll_back'] as const;
export type ApprovalAction = (typeof approvalActions)[number];

/** `lapsed`: what was asked about is not what stands now (judged again, control changed, aborted). */
export const approvalStates = ['open', 'approved', 'rejected', 'expired', 'lapsed'] as const;
export type ApprovalState = (typeof approvalStates)[number];

export const answers = ['approve', 'reject'] as const;
export type Answer = (typeof answers)[number];

/** What one person said. */
export interface GivenAnswer {
  person: string;
  answer: Answer;
  reason: string | null;
  at: string;
  /** Absent when it counts; false when the key it was given with has been revoked since. */
  counts?: false;
}

/** How a request for approval stands; part of the result object while and after it was asked. */
export interface Approval {
  requestId: string;
  action: ApprovalAction;
  /** Counted from 1, for `enter_stage`. */
  stage?: number;
  state: ApprovalState;
  /** Persons that must approve. */
  quorum: number;
  approvals: GivenAnswer[];
  requestedAt: string;
  /** On database time. */
  expiresAt: string;
  decidedAt: string | null;
  /** Of what an approver signs. */
  evidenceHash: string;
  /** Why it was rejected, expired or lapsed. */
  reason?: string;
}

/** Who made a part of what a run compares, and so approves no use of it. */
export interface Contributor {
  /** `person:<name>` or `service:<name>`. */
  actor: string;
  /** `pushed agent solver@2`. */
  did: string;
}

/** The one sentence that an approver reads first. */
export function approvalSentence(input: {
  name: string;
  action: ApprovalAction;
  stage?: number | null;
  verdict: Verdict | null;
  reasons: readonly string[];
}): string {
  const asked = { promote: 'roll forward', enter_stage: `enter stage ${input.stage}`, roll_back: 'roll back' };
  const why = input.reasons[0] === undefined ? '' : `: ${input.reasons[0]}`;
  return `${input.name}${input.verdict === null ? '' : ` ${input.verdict}`}, asks to ${asked[input.action]}${why}`;
}
