import type { Plan } from '../../schema/contracts/plan.ts';
import type { RunStatus } from '../../schema/contracts/words.ts';
import type { Store } from '../open-database.ts';

/** What the activities of a run work from. */
export interface RunOrders {
  plan: Plan;
  planHash: string;
  status: RunStatus;
  /** What the last command asked for. */
  intent: 'run' | 'pause' | 'abort';
  /** How often it went on after it had ended. */
  reopened: number;
}

/** The plan of a run, where it stands and what was last asked of it. The run must be there. */
export async function readRun(db: Store, runId: string): Promise<RunOrders> {
  return db
    .selectFrom('run')
    .select(['plan', 'plan_hash as planHash', 'status', 'intent', 'reopened'])
    .where('id', '=', runId)
    .executeTakeFirstOrThrow();
}
