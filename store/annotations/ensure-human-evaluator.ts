import canonicalize from 'canonicalize';
import { newId, sha256 } from '../../schema/ids.ts';
import type { Store } from '../open-database.ts';

/**
 * The evaluator in whose name people's labels stand among the scores, `human/NAME`: people are evaluators too, and one
 * name of theirs never mixes with a judge's versions.
 */
export async function ensureHumanEvaluator(trx: Store, input: { projectId: string; name: string }): Promise<string> {
  const name = `human/${input.name}`;
  const config = { type: 'human', name };
  await trx
    .insertInto('evaluator_version')
    .values({
      id: newId('evl'),
      project_id: input.projectId,
      name,
      version: 1,
      content_hash: sha256(canonicalize(config) ?? ''),
      config: JSON.stringify(config),
      created_by: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const { id } = await trx
    .selectFrom('evaluator_version')
    .select('id')
    .where('project_id', '=', input.projectId)
    .where('name', '=', name)
    .where('version', '=', 1)
    .executeTakeFirstOrThrow();
  return id;
}
