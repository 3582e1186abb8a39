import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/** How much the answers to one example hold. */
export interface AnswerSize {
  ordinal: number;
  /** As stored, compressed. */
  bytes: number;
  trials: number;
}

/** The examples of a range that have answers, with their sizes and without their content, in plan order. */
export async function measureAnswers(
  db: Store,
  input: { runId: string; variants: string[]; fromOrdinal: number; toOrdinal: number },
): Promise<AnswerSize[]> {
  const { rows } = await sql<AnswerSize>`
    select e.ordinal, coalesce(sum(pg_column_size(t.output)), 0)::int as bytes, count(*)::int as trials
    from plan_example e
    cross join unnest(${input.variants}::text[]) as v(name)
    join trial t on t.run_id = e.run_id and t.variant = v.name and t.example_id = e.example_id
    where e.run_id = ${input.runId} and e.ordinal >= ${input.fromOrdinal} and e.ordinal < ${input.toOrdinal}
      and t.status = 'succeeded'
    group by e.ordinal
    order by e.ordinal`.execute(db);
  return rows;
}
