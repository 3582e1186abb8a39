import canonicalize from 'canonicalize';
import type { EvaluatorConfig } from '../../schema/contracts/evaluator.ts';
import { newId, sha256 } from '../../schema/ids.ts';
import type { Store } from '../open-database.ts';

/** Adds the next version of an evaluator; the same configuration as an earlier version makes none. */
export async function pushEvaluatorVersion(
  db: Store,
  input: { projectId: string; config: EvaluatorConfig },
): Promise<{ versionId: string; version: number; created: boolean }> {
  const { name } = input.config;
  const contentHash = sha256(canonicalize(input.config) ?? '');
  for (let made: string | null = null; ; ) {
    const same = await db
      .selectFrom('evaluator_version')
      .select(['id', 'version'])
      .where('project_id', '=', input.projectId)
      .where('name', '=', name)
      .where('content_hash', '=', contentHash)
      .executeTakeFirst();
    if (same) return { versionId: same.id, version: same.version, created: same.id === made };
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
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}
