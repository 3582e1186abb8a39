import { chooseVariation } from './choose-variation.ts';
import { hashUnit } from './hash-unit.ts';
import { type Attributes, type Condition, meetsConditions } from './meets-conditions.ts';

/** What of a split decides who gets what; `variants[0]` is control, `variants[fallback]` what is served without a draw. */
export type Split = {
  readonly seed: string | null;
  readonly hashVersion: number;
  readonly fallback: number;
  readonly variants: readonly {
    readonly name: string;
    readonly version: number;
    readonly range: readonly [number, number];
  }[];
  readonly conditions: readonly Condition[];
  readonly force: Readonly<Record<string, string>>;
  readonly startedAtMs: number | null;
};

/** Why a unit got its variant; only `hash` is a draw, and so an exposure. */
export type AssignedBy = 'hash' | 'forced' | 'conditions' | 'lease_over' | 'older_session' | 'no_rollout';

/**
 * The position in `variants` that a unit gets, and why. In this order: a forced variant; the fallback (control) where nothing is drawn; control outside the
 * conditions; control when the lease is over (nobody may then know that the rollout was stopped); control for
 * a session from before the rollout; else the hash.
 */
export function decideVariant(
  split: Split,
  unit: string,
  by: {
    readonly attributes?: Attributes;
    /** False when the split's lease is over. */
    readonly leased: boolean;
    /** When the unit's session began, where it is known: ms since 1970. */
    readonly sessionStartedAtMs?: number;
  },
): { readonly position: number; readonly assignedBy: AssignedBy } {
  const forced = Object.hasOwn(split.force, unit) ? split.force[unit] : undefined;
  if (forced !== undefined && by.leased) {
    const position = split.variants.findIndex(({ name }) => name === forced);
    if (position >= 0) return { position, assignedBy: 'forced' };
  }
  if (split.seed === null || split.variants.length < 2) return { position: split.fallback, assignedBy: 'no_rollout' };
  if (!by.leased) return { position: split.fallback, assignedBy: 'lease_over' };
  if (split.conditions.length > 0 && !meetsConditions(split.conditions, by.attributes ?? {})) {
    return { position: split.fallback, assignedBy: 'conditions' };
  }
  if (by.sessionStartedAtMs !== undefined && split.startedAtMs !== null && by.sessionStartedAtMs < split.startedAtMs) {
    return { position: split.fallback, assignedBy: 'older_session' };
  }
  const n = hashUnit({ seed: split.seed, unit, version: split.hashVersion });
  if (n === null) return { position: split.fallback, assignedBy: 'no_rollout' };
  const position = chooseVariation({ n, ranges: split.variants.map(({ range }) => range) });
  return position < 0 ? { position: split.fallback, assignedBy: 'no_rollout' } : { position, assignedBy: 'hash' };
}
