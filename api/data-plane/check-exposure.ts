import { decideVariant } from '../../assignment/decide-variant.ts';
import type { PastSplit } from './live-state.ts';

/** How far a sender's clock may run ahead of ours. */
const mostAheadMs = 300_000;

/**
 * Derives a reported exposure again from its revision's split. Conditions and the age of the session were the sender's to judge: what it
 * reports was drawn.
 * @returns when it happened (ms since 1970; never before its revision, nor later than now), or why it cannot be
 */
export function checkExposure(
  past: PastSplit | undefined,
  exposure: { agent: string; unit: string; revision: number; variant: string; at: string | number },
): { atMs: number } | { reason: string } {
  const { agent, unit, revision, variant, at } = exposure;
  if (past === undefined) return { reason: `agent ${agent} never had the revision ${revision}` };
  const { split, changedAtMs } = past;
  const { position, assignedBy } = decideVariant({ ...split, conditions: [] }, unit, { leased: true });
  if (assignedBy === 'no_rollout') {
    return { reason: `revision ${revision} of agent ${agent} draws nothing: there is no exposure` };
  }
  if (assignedBy === 'forced') return { reason: `unit "${unit}" is forced in revision ${revision}: it is no exposure` };
  const derived = split.variants[position]?.name;
  if (derived !== variant) {
    return { reason: `by revision ${revision} unit "${unit}" gets ${derived}, found ${variant}` };
  }
  const reportedMs = typeof at === 'number' ? at : Date.parse(at);
  const nowMs = Date.now();
  if (reportedMs > nowMs + mostAheadMs) {
    return { reason: `at: ${new Date(reportedMs).toISOString()} lies in the future; expected a time until now` };
  }
  return { atMs: Math.max(changedAtMs, Math.min(nowMs, reportedMs)) };
}
