import canonicalize from 'canonicalize';
import type { Json } from '../../schema/contracts/json.ts';
import { sha256 } from '../../schema/ids.ts';
import { statisticsVersion } from '../../statistics/version.ts';
import type { Store } from '../../store/open-database.ts';
import type { Rollout } from '../../store/rollouts/read-rollout.ts';
import { freezeEvidence } from '../../store/runs/freeze-evidence.ts';
import type { Moment } from './moment.ts';

/**
 * Freezes what a look saw, whole: counts by stratum, variant and bin. Judging it again by the plan gives the same look.
 * @param purpose What it is evidence for, e.g. `enter_stage 2`: the same counts may serve two questions.
 */
export async function freezeMoment(
  trx: Store,
  rollout: Rollout,
  moment: Moment,
  purpose: string,
): Promise<{ evidenceId: string; evidenceHash: string }> {
  const content = {
    planHash: rollout.planHash,
    statisticsVersion,
    purpose,
    evidence: sparse(moment.evidence),
    look: moment.look,
    states: statesOf(moment),
  } as unknown as Json;
  const evidenceHash = sha256(canonicalize(content) ?? '');
  const { evidenceId } = await freezeEvidence(trx, { runId: rollout.runId, hash: evidenceHash, content });
  return { evidenceId, evidenceHash };
}

/** What approvals rest on: they lapse when a state changes, not when further outcomes arrive. */
export function statesOf({ look }: Pick<Moment, 'look'>): Record<string, string> {
  return Object.fromEntries([
    ['sample ratio', look.sampleRatio.state],
    ...look.guardrails.map(({ metric, candidate, state }) => [`${metric} of ${candidate}`, state]),
  ]);
}

/** Counts as pairs [bin, count]: most bins are empty. */
function sparse(evidence: Moment['evidence']): unknown {
  const pairs = (bins: Float64Array) => [...bins].flatMap((count, bin) => (count === 0 ? [] : [[bin, count]]));
  const all = (byVariant: Record<string, Float64Array>) =>
    Object.fromEntries(Object.entries(byVariant).map(([variant, bins]) => [variant, pairs(bins)]));
  return {
    ...evidence,
    strata: evidence.strata.map((one) => ({
      ...one,
      bins: Object.fromEntries(Object.entries(one.bins).map(([metric, byVariant]) => [metric, all(byVariant)])),
    })),
    shadow: evidence.shadow.map((one) => ({ ...one, differences: all(one.differences) })),
  };
}
