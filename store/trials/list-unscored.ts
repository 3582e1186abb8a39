import { sql } from 'kysely';
import type { Step } from '../../schema/contracts/call.ts';
import type { Json } from '../../schema/contracts/json.ts';
import type { Store } from '../open-database.ts';

/** An answer that some judges have not said anything of. */
export interface UnscoredTrial {
  id: string;
  ordinal: number;
  output: Json;
  trajectory: Step[] | null;
  /** Evaluator versions that are to be asked. */
  versions: string[];
}

/** Succeeded trials of some examples of a run that lack a score of one of `versions`, in plan order. */
export async function listUnscored(
  db: Store,
  input: { runId: string; fromOrdinal: number; toOrdinal: number; versions: string[] },
): Promise<UnscoredTrial[]> {
  if (input.versions.length === 0) return [];
  const { rows } = await sql<UnscoredTrial>`
    select t.id, t.ordinal, t.output, t.trajectory, array_agg(v.id) as versions
    from plan_example e
    join trial t on t.run_id = e.run_id and t.example_id = e.example_id and t.status = 'succeeded'
    cross join unnest(${input.versions}::text[]) as v(id)
    left join score s on s.subject_id = t.id and s.evaluator_version_id = v.id and s.identifier = ''
    where e.run_id = ${input.runId} and e.ordinal >= ${input.fromOrdinal} and e.ordinal <= ${input.toOrdinal}
      and s.subject_id is null
    group by t.run_id, t.variant, t.example_id, t.repetition
    order by t.ordinal, t.repetition`.execute(db);
  return rows;
}
