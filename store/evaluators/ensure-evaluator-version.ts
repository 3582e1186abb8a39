import canonicalize from 'canonicalize';
import type { EvaluatorConfig } from '../../schema/contracts/evaluator.ts';
import { newId, sha256 } from '../../schema/ids.ts';
import type { Store } from '../open-database.ts';

/** The version of an evaluator with exactly this configuration; the next version is made when there is none. */
export async function ensureEvaluatorVersion(
  db: Store,
  input: { projectId: string; config: EvaluatorConfig },
): Promise<{ versionId: string; version: number }> {
  const { name } = input.config;
  const contentHash = sha256(canonicalize(input.config) ?? '');
  for (;;) {
    const same = await db
      .selectFrom('evaluator_version')
      .select(['id', 'version'])
      .where('project_id', '=', input.projectId)
      .where('name', '=', name)
      .where('content_hash', '=', contentHash)
      .executeTakeFirst();
    if (same) return { versionId: same.id, version: same.version };
    const newest = await db
      .selectFrom('evaluator_version')
      .select((eb) => eb.fn.max<number | null>('version').as('version'))
      .where('project_id', '=', input.projectId)
      .where('name', '=', name)
      .executeTakeFirst();
    // Two at once: the loser of either unique key looks again.
    await db
      .insertInto('evaluator_version')
      .values({
        id: newId('evl'),
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
