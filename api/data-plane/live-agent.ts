import { decideVariant } from '../../assignment/decide-variant.ts';
import type { Attributes } from '../../assignment/meets-conditions.ts';
import type { Assignment, LeasedSplit, TrafficSplit } from '../../schema/contracts/traffic.ts';

/** An agent as the data plane holds it in memory. */
export interface LiveAgent {
  readonly projectId: string;
  readonly agentId: string;
  readonly agent: string;
  /** Of an agent whose traffic no run moves: the production version for all. */
  readonly split: TrafficSplit;
  /** When its lease ends by `performance.now()`; null = no lease is needed. */
  readonly leaseEndsAt: number | null;
}

/** How long a client may use a split before it asks again, in ms. */
const maxAgeMs = 5_000;

/** True while the split may be used to draw units. After it everybody gets the fallback. */
export function isLeased({ leaseEndsAt }: LiveAgent): boolean {
  return leaseEndsAt === null || performance.now() < leaseEndsAt;
}

/** What is left of the lease in ms; null = no lease is needed. */
export function leaseLeftMs({ leaseEndsAt }: LiveAgent): number | null {
  return leaseEndsAt === null ? null : Math.max(0, Math.floor(leaseEndsAt - performance.now()));
}

/** The split as clients get it. */
export function leasedSplit(live: LiveAgent): LeasedSplit {
  return { ...live.split, leaseMs: leaseLeftMs(live), maxAgeMs };
}

/** What a unit of an agent gets now. */
export function assign(
  live: LiveAgent,
  unit: string,
  by: { attributes?: Attributes | undefined; sessionStartedAtMs?: number | undefined } = {},
): Assignment {
  const { split } = live;
  const { position, assignedBy } = decideVariant(split, unit, {
    leased: isLeased(live),
    ...(by.attributes === undefined ? {} : { attributes: by.attributes }),
    ...(by.sessionStartedAtMs === undefined ? {} : { sessionStartedAtMs: by.sessionStartedAtMs }),
  });
  const variant = split.variants[position];
  if (variant === undefined) throw new Error(`revision ${split.revision} of ${live.agent} has no variant ${position}`);
  return {
    unit,
    variant: variant.name,
    agentVersion: variant.version,
    ...(split.runId === null ? {} : { runId: split.runId }),
    revision: split.revision,
    randomised: assignedBy === 'hash',
  };
}
