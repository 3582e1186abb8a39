import { isLaneEvaluator } from '../../schema/contracts/evaluator.ts';
import { newId } from '../../schema/ids.ts';
import type { Store } from '../open-database.ts';
import { readRun } from '../runs/read-run.ts';

/** The scoring of a run's own judges that call something; made when it is not there. @returns its id */
export async function ensurePlanScoring(db: Store, runId: string): Promise<string> {
  const find = () =>
    db.selectFrom('scoring').select('id').where('run_id', '=', runId).where('kind', '=', 'plan').executeTakeFirst();
  const found = await find();
  if (found) return found.id;
  const { plan } = await readRun(db, runId);
  const evaluators = plan.evaluators.filter(({ config }) => !isLaneEvaluator(config));
  await db
    .insertInto('scoring')
    .values({
      id: newId('scr'),
      run_id: runId,
      kind: 'plan',
      evaluators: JSON.stringify(evaluators),
      status: 'running',
      requested_by: 'plan',
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const made = await find();
  if (!made) throw new Error(`run ${runId} has no scoring of its own`);
  return made.id;
}
