import type { ChildRole } from './child-spec.ts';
import type { StopRule } from './stop-process.ts';

/** How each kind of child is ended, by its own supervisor or by another that finds it orphaned. */
export const stopRules: Readonly<Record<ChildRole, StopRule>> = {
  // SIGINT is PostgreSQL's fast shutdown, SIGQUIT the immediate one (it recovers at the next start).
  postgres: { signal: 'SIGINT', graceMs: 30_000, forceSignal: 'SIGQUIT' },
  temporal: { signal: 'SIGTERM', graceMs: 10_000, forceSignal: 'SIGKILL' },
  api: { signal: 'SIGTERM', graceMs: 10_000, forceSignal: 'SIGKILL' },
  // A worker lets its calls in flight end.
  worker: { signal: 'SIGTERM', graceMs: 25_000, forceSignal: 'SIGKILL' },
};

/** Who needs the others goes first. */
export const stopOrder: readonly (readonly ChildRole[])[] = [['api', 'worker'], ['temporal'], ['postgres']];
