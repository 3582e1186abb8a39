import type { Store } from '../open-database.ts';

/** The project that a dataset version belongs to; the version must be there. */
export async function findProjectId(db: Store, datasetVersionId: string): Promise<string> {
  const row = await db
    .selectFrom('dataset_version as v')
    .innerJoin('dataset as d', 'd.id', 'v.dataset_id')
    .select('d.project_id')
    .where('v.id', '=', datasetVersionId)
    .executeTakeFirstOrThrow();
  return row.project_id;
}
