import type { Store } from '../open-database.ts';

/**
 * Puts a label on a version, wherever it stood before, in the caller's transaction.
 * @returns the version it stood on; null = a new label.
 */
export async function pinVersion(
  trx: Store,
  input: { versionId: string; label: string; movedBy: string },
): Promise<{ before: number | null }> {
  const { dataset_id, version } = await trx
    .selectFrom('dataset_version')
    .select(['dataset_id', 'version'])
    .where('id', '=', input.versionId)
    .executeTakeFirstOrThrow();
  // Two who move a label at once do it one after the other, so that each says truly where it stood.
  await trx.selectFrom('dataset').select('id').where('id', '=', dataset_id).forUpdate().executeTakeFirstOrThrow();
  const before = await trx
    .selectFrom('dataset_pin')
    .select('version')
    .where('dataset_id', '=', dataset_id)
    .where('label', '=', input.label)
    .executeTakeFirst();
  const place = { version, moved_by: input.movedBy, moved_at: new Date() };
  await trx
    .insertInto('dataset_pin')
    .values({ dataset_id, label: input.label, ...place })
    .onConflict((conflict) => conflict.columns(['dataset_id', 'label']).doUpdateSet(place))
    .execute();
  return { before: before?.version ?? null };
}
