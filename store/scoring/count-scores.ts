import type { Store } from '../open-database.ts';

export interface ScoreTally {
  toScore: number;
  /** Errors among them. */
  scored: number;
  errors: number;
  costUsd: number;
}

/** How far a scoring is, from the tallies of its shards. */
export async function countScores(db: Store, scoringId: string): Promise<ScoreTally> {
  return tallyOf(db, scoringId);
}

/** The same of a run's own judges that call something; zeros before they began. */
export async function countPlanScores(db: Store, runId: string): Promise<ScoreTally> {
  const found = await db
    .selectFrom('scoring')
    .select('id')
    .where('run_id', '=', runId)
    .where('kind', '=', 'plan')
    .executeTakeFirst();
  return found ? tallyOf(db, found.id) : { toScore: 0, scored: 0, errors: 0, costUsd: 0 };
}

function tallyOf(db: Store, scoringId: string): Promise<ScoreTally> {
  return db
    .selectFrom('score_shard')
    .select(({ fn, val }) => [
      fn.coalesce(fn.sum<number>('to_score'), val(0)).as('toScore'),
      fn.coalesce(fn.sum<number>('scored'), val(0)).as('scored'),
      fn.coalesce(fn.sum<number>('errors'), val(0)).as('errors'),
      fn.coalesce(fn.sum<number>('cost_usd'), val(0)).as('costUsd'),
    ])
    .where('scoring_id', '=', scoringId)
    .executeTakeFirstOrThrow();
}
