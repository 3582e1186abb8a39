import type { RunStatus } from '../../schema/contracts/words.ts';
import type { Store } from '../open-database.ts';
import { countPlanScores } from '../scoring/count-scores.ts';
import { countTrials } from './count-trials.ts';

/** What a run that its budget stopped has still to do. */
export interface LeftOver {
  planned: number;
  trials: number;
  /** Judgements of its own judges that call something, of answers that are there. */
  scores: number;
}

/** Trials of the plan that were not made, and scores that its judges did not make. */
export async function countLeft(db: Store, runId: string, status: RunStatus): Promise<LeftOver> {
  const { planned } = await db.selectFrom('run').select('planned').where('id', '=', runId).executeTakeFirstOrThrow();
  const { counts } = await countTrials(db, { id: runId, status, planned, budgeted: true });
  const tally = await countPlanScores(db, runId);
  return {
    planned: counts.planned,
    trials: counts.planned - counts.succeeded - counts.failed - counts.missing,
    scores: Math.max(0, tally.toScore - tally.scored),
  };
}
