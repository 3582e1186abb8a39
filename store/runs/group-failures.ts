import { sql } from 'kysely';
import type { FailureGroup } from '../../schema/contracts/result.ts';
import type { Store } from '../open-database.ts';

/** Failed trials and scores by cause, most frequent first, each with one example. At most 20 groups. */
export async function groupFailures(db: Store, runId: string): Promise<FailureGroup[]> {
  const { rows } = await sql<FailureGroup>`
    with totals as (select variant, count(*)::int as of from trial where run_id = ${runId} group by variant),
    failed as (
      select variant, error_class as class, caused_by as cause, error_message as message, example_id
      from trial where run_id = ${runId} and status = 'failed'
      union all
      select t.variant, 'evaluator ' || s.name, 'evaluator', s.error, t.example_id
      from score s join trial t on t.id = s.subject_id and t.run_id = ${runId}
      where s.subject_id >= ${`${runId}-`} and s.subject_id < ${`${runId}.`} and s.error is not null
    )
    select f.variant, f.class as "errorClass", f.cause as "causedBy", count(*)::int as count, t.of,
      min(f.message) as message, (array_agg(f.example_id order by f.message, f.example_id))[1] as "exampleId"
    from failed f join totals t using (variant)
    group by f.variant, f.class, f.cause, t.of
    order by count(*) desc, f.variant, f.class
    limit 20`.execute(db);
  return rows;
}
