import { sql } from 'kysely';
import { suggest } from '../../schema/contracts/parse-input.ts';
import { SluiceError } from '../../schema/errors.ts';
import type { Store } from '../open-database.ts';

export interface DatasetVersionRow {
  name: string;
  version: number;
  versionId: string;
  examples: number;
  splits: Record<string, number>;
  /** Examples that have an expected value. */
  withExpected: number;
}

/** A dataset's version by number, or the newest. @throws {SluiceError} not_found */
export async function findDatasetVersion(
  db: Store,
  input: { projectId: string; name: string; version: number | 'latest' },
): Promise<DatasetVersionRow> {
  const rows = await db
    .selectFrom('dataset as d')
    .innerJoin('dataset_version as v', 'v.dataset_id', 'd.id')
    .select(['v.id', 'v.version', 'v.example_count', 'v.splits'])
    .where('d.project_id', '=', input.projectId)
    .where('d.name', '=', input.name)
    .orderBy('v.version', 'desc')
    .execute();
  if (rows.length === 0) {
    const names = await db.selectFrom('dataset').select('name').where('project_id', '=', input.projectId).execute();
    throw new SluiceError({
      code: 'not_found',
      message: `there is no dataset "${input.name}"${suggest(
        input.name,
        names.map((row) => row.name),
      )}`,
      fix: `Push it first: \`sluice dataset push ${input.name} FILE\` (JSONL or CSV).`,
    });
  }
  const found = input.version === 'latest' ? rows[0] : rows.find((row) => row.version === input.version);
  if (!found) {
    throw new SluiceError({
      code: 'not_found',
      message: `dataset ${input.name} has no version ${input.version}; it has ${rows
        .map((row) => row.version)
        .reverse()
        .join(', ')}`,
      fix: 'Use one of these, or @latest.',
    });
  }
  const { rows: counted } = await sql<{ count: number }>`
    select count(*) as count from dataset_member m join example_revision r on r.id = m.example_revision_id
    where m.dataset_version_id = ${found.id} and r.expected is not null`.execute(db);
  return {
    name: input.name,
    version: found.version,
    versionId: found.id,
    examples: found.example_count,
    splits: found.splits,
    withExpected: counted[0]?.count ?? 0,
  };
}
