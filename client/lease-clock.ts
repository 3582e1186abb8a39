import { type CompiledSplit, compileSplit } from '../assignment/compile-split.ts';
import type { LeasedSplit } from '../schema/contracts/traffic.ts';

/** The split a client decides by, and until when. */
export interface HeldSplit {
  readonly split: LeasedSplit;
  readonly decide: CompiledSplit;
  /** By `performance.now()`; Infinity = no lease is needed. */
  readonly leaseEndsAt: number;
  readonly heldSince: number;
}

/** A split without a lease is given up for an older one after this time: the server may have been restored. */
const believedForMs = 60_000;

/**
 * Takes what a server said into use.
 * @param sentAt When it was said at the earliest, by `performance.now()`: the lease counts from then, so that it never ends late.
 */
export function holdSplit(before: HeldSplit | null, split: LeasedSplit, sentAt: number): HeldSplit {
  const now = performance.now();
  const leaseEndsAt = split.leaseMs === null ? Number.POSITIVE_INFINITY : sentAt + split.leaseMs;
  if (before !== null && split.revision < before.split.revision) {
    // Another server, that does not know the newest yet.
    const isOver = now >= Math.min(before.leaseEndsAt, before.heldSince + believedForMs);
    if (!isOver) return before;
  }
  const isSame = before !== null && JSON.stringify(bare(before.split)) === JSON.stringify(bare(split));
  return { split, decide: isSame ? before.decide : compileSplit(split), leaseEndsAt, heldSince: now };
}

/** The same split with a new lease. */
export function renewLease(held: HeldSplit, leaseMs: number | null, sentAt: number): HeldSplit {
  const leaseEndsAt = leaseMs === null ? Number.POSITIVE_INFINITY : sentAt + leaseMs;
  return { ...held, leaseEndsAt, heldSince: performance.now() };
}

function bare(split: LeasedSplit): object {
  return { ...split, leaseMs: 0, sentAtMs: 0 };
}
