import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/** True when an evaluator version has said something, and no error, of every answer of the run. */
export async function isComplete(db: Store, runId: string, versionId: string): Promise<boolean> {
  const { rows } = await sql<{ open: boolean }>`
    select exists (
      select 1 from trial t
      left join score s on s.subject_id = t.id and s.evaluator_version_id = ${versionId} and s.identifier = ''
      where t.run_id = ${runId} and t.status = 'succeeded' and (s.subject_id is null or s.error is not null)
    ) as open`.execute(db);
  return rows[0]?.open === false;
}
