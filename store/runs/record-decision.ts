import type { Json } from '../../schema/contracts/json.ts';
import type { Action, Verdict } from '../../schema/contracts/words.ts';
import { newId } from '../../schema/ids.ts';
import type { Store } from '../open-database.ts';

/**
 * Records the decision on frozen evidence. The same evidence again gives the decision that is there.
 * @returns The decision's id, and its action, which is another than asked for where it was decided otherwise before.
 */
export async function recordDecision(
  trx: Store,
  input: {
    runId: string;
    evidenceId: string;
    verdict: Verdict;
    action: Action;
    policy: Json;
    planHash: string;
    statisticsVersion: string;
  },
): Promise<{ decisionId: string; action: Action }> {
  await trx
    .insertInto('decision')
    .values({
      id: newId('dec'),
      run_id: input.runId,
      evidence_id: input.evidenceId,
      verdict: input.verdict,
      action: input.action,
      policy: JSON.stringify(input.policy),
      plan_hash: input.planHash,
      statistics_version: input.statisticsVersion,
    })
    .onConflict((conflict) => conflict.columns(['run_id', 'evidence_id']).doNothing())
    .execute();
  return trx
    .selectFrom('decision')
    .select(['id as decisionId', 'action'])
    .where('run_id', '=', input.runId)
    .where('evidence_id', '=', input.evidenceId)
    .executeTakeFirstOrThrow();
}

/** The decision on a run's evidence, or null. */
export async function findDecision(
  db: Store,
  input: { runId: string; evidenceHash: string },
): Promise<{ decisionId: string; action: Action } | null> {
  const decision = await db
    .selectFrom('decision as d')
    .innerJoin('evidence as e', 'e.id', 'd.evidence_id')
    .select(['d.id as decisionId', 'd.action'])
    .where('d.run_id', '=', input.runId)
    .where('e.hash', '=', input.evidenceHash)
    .executeTakeFirst();
  return decision ?? null;
}
