import type { Store } from '../open-database.ts';

export interface DatasetInfo {
  name: string;
  version: number;
  examples: number;
  splits: Record<string, number>;
  createdAt: string;
}

/** The newest version of each dataset of the project, by name. */
export async function listDatasets(db: Store, projectId: string): Promise<DatasetInfo[]> {
  const rows = await db
    .selectFrom('dataset as d')
    .innerJoin('dataset_version as v', 'v.dataset_id', 'd.id')
    .distinctOn('d.name')
    .select(['d.name', 'v.version', 'v.example_count', 'v.splits', 'v.created_at'])
    .where('d.project_id', '=', projectId)
    .orderBy('d.name')
    .orderBy('v.version', 'desc')
    .execute();
  return rows.map((row) => ({
    name: row.name,
    version: row.version,
    examples: row.example_count,
    splits: row.splits,
    createdAt: row.created_at.toISOString(),
  }));
}
