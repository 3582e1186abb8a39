import { sql } from 'kysely';
import type { Annotation } from '../../schema/contracts/annotation.ts';
import type { Store } from '../open-database.ts';

/** What people say now of the trials of a run, in plan order. */
export async function listAnnotations(
  db: Store,
  input: { runId: string; name?: string | undefined; person?: string | undefined; limit: number },
): Promise<Annotation[]> {
  const { rows } = await sql<Omit<Annotation, 'at'> & { at: Date }>`
    select a.subject_id as subject, t.example_id as "exampleId", t.variant, t.repetition, a.name, p.name as person,
      a.label, a.score, a.explanation, a.revision, a.created_at as at
    from (
      select distinct on (subject_id, name, person_id) * from annotation where run_id = ${input.runId}
      order by subject_id, name, person_id, revision desc) a
    join trial t on t.run_id = a.run_id and t.id = a.subject_id
    join person p on p.id = a.person_id
    where (${input.name ?? null}::text is null or a.name = ${input.name ?? null})
      and (${input.person ?? null}::text is null or p.name = ${input.person ?? null})
    order by t.ordinal, t.variant, t.repetition, a.name, p.name
    limit ${input.limit}`.execute(db);
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}
