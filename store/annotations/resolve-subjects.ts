import { sql } from 'kysely';
import type { AnnotationInput } from '../../schema/contracts/annotation.ts';
import { bulkRead } from '../bulk-read.ts';
import type { Store } from '../open-database.ts';

/** A trial that a label is about. */
export interface Subject {
  trialId: string;
  status: 'succeeded' | 'failed';
  exampleRevisionId: string;
}

/** The trials of a run that annotations name, in their order; null where there is none. */
export async function resolveSubjects(
  db: Store,
  runId: string,
  annotations: readonly AnnotationInput[],
): Promise<(Subject | null)[]> {
  const asked = annotations.map(({ subject, exampleId, variant, repetition }, index) => ({
    index,
    subject: subject ?? null,
    example_id: exampleId ?? null,
    variant: variant ?? null,
    repetition: repetition ?? 0,
  }));
  // Rows of a run that has just ended are not in the planner's statistics yet.
  const { rows } = await bulkRead(db, (trx) =>
    sql<{ index: number; id: string; status: Subject['status']; revision: string }>`
    with asked as (
      select * from json_to_recordset(${JSON.stringify(asked)}::json)
        as a(index int, subject text, example_id text, variant text, repetition int)
    ), found as (
      select a.index, t.id, t.status, t.ordinal
      from asked a join trial t on t.run_id = ${runId} and t.id = a.subject
      union all
      select a.index, t.id, t.status, t.ordinal
      from asked a join trial t on t.run_id = ${runId}
        and t.example_id = a.example_id and t.variant = a.variant and t.repetition = a.repetition
      where a.subject is null
    )
    select f.index, f.id, f.status, p.example_revision_id as revision
    from found f join plan_example p on p.run_id = ${runId} and p.ordinal = f.ordinal`.execute(trx),
  );
  const found: (Subject | null)[] = annotations.map(() => null);
  for (const { index, id, status, revision } of rows) {
    found[index] = { trialId: id, status, exampleRevisionId: revision };
  }
  return found;
}
