import type { Store } from '../open-database.ts';
import { findSplit } from '../traffic/find-split.ts';
import type { Rollout } from './read-rollout.ts';

/** The share of units that get a candidate of this rollout now. */
export async function candidateShare(db: Store, { runId, plan }: Pick<Rollout, 'runId' | 'plan'>): Promise<number> {
  const split = await findSplit(db, plan.agent.id);
  if (split?.runId !== runId) return 0;
  const shares = split.variants.flatMap(({ name, range }) => (name === 'control' ? [] : [range[1] - range[0]]));
  return Number(shares.reduce((sum, share) => sum + share, 0).toFixed(4));
}
