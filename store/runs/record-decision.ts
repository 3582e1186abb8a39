import type { Json } from '../../schema/contracts/json.ts';
import type { Action, Verdict } from '../../schema/contracts/words.ts';
import { newId } from '../../schema/ids.ts';
import type { Store } from '../open-database.ts';

/**
 * Freezes evidence and the decision on it. The same evidence again gives the decision that is there.
 * @returns The decision's id.
 */
export async function recordDecision(
  trx: Store,
  input: {
    runId: string;
    evidenceHash: string;
    evidence: Json;
    verdict: Verdict;
    action: Action;
    policy: Json;
    planHash: string;
    statisticsVersion: string;
  },
): Promise<string> {
  await trx
    .insertInto('evidence')
    .values({
      id: newId('evd'),
      run_id: input.runId,
      hash: input.evidenceHash,
      content: JSON.stringify(input.evidence),
    })
    .onConflict((conflict) => conflict.columns(['run_id', 'hash']).doNothing())
    .execute();
  const evidence = await trx
    .selectFrom('evidence')
    .select('id')
    .where('run_id', '=', input.runId)
    .where('hash', '=', input.evidenceHash)
    .executeTakeFirstOrThrow();
  await trx
    .insertInto('decision')
    .values({
      id: newId('dec'),
      run_id: input.runId,
      evidence_id: evidence.id,
      verdict: input.verdict,
      action: input.action,
      policy: JSON.stringify(input.policy),
      plan_hash: input.planHash,
      statistics_version: input.statisticsVersion,
    })
    .onConflict((conflict) => conflict.columns(['run_id', 'evidence_id']).doNothing())
    .execute();
  const decision = await trx
    .selectFrom('decision')
    .select('id')
    .where('run_id', '=', input.runId)
    .where('evidence_id', '=', evidence.id)
    .executeTakeFirstOrThrow();
  return decision.id;
}
