import type { Json } from '../../schema/contracts/json.ts';
import { newId } from '../../schema/ids.ts';
import type { Store } from '../open-database.ts';

/** Freezes what a decision or a request for approval rests on. The same evidence again is the row that is there. */
export async function freezeEvidence(
  trx: Store,
  input: { runId: string; hash: string; content: Json },
): Promise<{ evidenceId: string }> {
  await trx
    .insertInto('evidence')
    .values({ id: newId('evd'), run_id: input.runId, hash: input.hash, content: JSON.stringify(input.content) })
    .onConflict((conflict) => conflict.columns(['run_id', 'hash']).doNothing())
    .execute();
  const evidence = await trx
    .selectFrom('evidence')
    .select('id')
    .where('run_id', '=', input.runId)
    .where('hash', '=', input.hash)
    .executeTakeFirstOrThrow();
  return { evidenceId: evidence.id };
}
