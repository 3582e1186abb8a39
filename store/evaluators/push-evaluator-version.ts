import canonicalize from 'canonicalize';
import type { EvaluatorConfig } from '../../schema/contracts/evaluator.ts';
import { newId, sha256 } from '../../schema/ids.ts';
import type { Store } from '../open-database.ts';

/**
 * Adds the next version of an evaluator; the same configuration as an earlier version makes none.
 * @param input.createdBy counts as its maker in approvals, where it is the first
 */
export async function pushEvaluatorVersion(
  db: Store,
  input: { projectId: string; config: EvaluatorConfig; createdBy: string | null },
): Promise<{ versionId: string; version: number; created: boolean }> {
  const { name } = input.config;
  const contentHash = sha256(canonicalize(input.config) ?? '');
  for (let made: string | null = null; ; ) {
    const same = await db
      .selectFrom('evaluator_version')
      .select(['id', 'version', 'created_by'])
      .where('project_id', '=', input.projectId)
      .where('name', '=', name)
      .where('content_hash', '=', contentHash)
      .executeTakeFirst();
    if (same) {
      if (same.created_by === null && input.createdBy !== null) await claim(db, same.id, input.createdBy);
      return { versionId: same.id, version: same.version, created: same.id === made };
    }
    const newest = await db
      .selectFrom('evaluator_version')
      .select((eb) => eb.fn.max<number | null>('version').as('version'))
      .where('project_id', '=', input.projectId)
      .where('name', '=', name)
      .executeTakeFirst();
    made = newId('evl');
    // Two at once: the loser of either unique key looks again.
    await db
      .insertInto('evaluator_version')
      .values({
        id: made,
        project_id: input.projectId,
        name,
        version: (newest?.version ?? 0) + 1,
        content_hash: contentHash,
        config: JSON.stringify(input.config),
        created_by: input.createdBy,
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

/** Versions from before their makers were kept belong to whoever makes them again. */
async function claim(db: Store, id: string, createdBy: string): Promise<void> {
  await db
    .updateTable('evaluator_version')
    .set({ created_by: createdBy })
    .where('id', '=', id)
    .where('created_by', 'is', null)
    .execute();
}
