import { sql } from 'kysely';
import type { Json } from '../../schema/contracts/json.ts';
import type { Store } from '../open-database.ts';

/** What a person sees who labels: nothing of the variant, and nothing of what a judge said. */
export interface LabelledSubject {
  subject: string;
  exampleId: string;
  input: Json;
  expected: Json | null;
  output: Json;
}

/** Most in one answer: trials, and bytes of inputs and outputs as stored, compressed. One alone may be larger. */
const mostTrials = 10_000;
const mostBytes = 8_388_608;

/**
 * Trials with an output in an order that the seed alone decides, so that neither their order nor their number tells
 * variants apart. With `evaluatorVersionIds` only trials that one of them judged; trials that the person has labelled
 * under the name are left out.
 * @returns As many as fit an answer, and how many more there are of those asked for.
 */
export async function sampleTrials(
  db: Store,
  input: {
    runId: string;
    /** null = all. */
    sample: number | null;
    seed: string;
    evaluatorVersionIds: string[] | null;
    name: string | null;
    personId: string;
  },
): Promise<{ subjects: LabelledSubject[]; more: number }> {
  const { runId, sample, seed, evaluatorVersionIds: judges, name, personId } = input;
  const { rows } = await sql<LabelledSubject & { total: number }>`
    with picked as (
      select t.id, row_number() over (order by md5(${seed} || t.id)) as place, count(*) over ()::int as total
      from trial t
      where t.run_id = ${runId} and t.status = 'succeeded' and t.output is not null
        and (${judges === null} or exists (
          select from score s where s.subject_id = t.id and s.evaluator_version_id = any(${judges ?? []})
            and s.error is null))
        and (${name}::text is null or not exists (
          select from annotation a where a.subject_id = t.id and a.name = ${name} and a.person_id = ${personId}))
      order by place limit ${Math.min(sample ?? mostTrials, mostTrials)}
    ), sized as (
      select k.place, k.total, t.id, t.example_id, t.output, r.input, r.expected,
        sum(pg_column_size(t.output) + pg_column_size(r.input)) over (order by k.place) as bytes
      from picked k
      join trial t on t.run_id = ${runId} and t.id = k.id
      join plan_example p on p.run_id = t.run_id and p.ordinal = t.ordinal
      join example_revision r on r.id = p.example_revision_id
    )
    select id as subject, example_id as "exampleId", input, expected, output, total from sized
    where bytes <= ${mostBytes} or place = 1 order by place`.execute(db);
  const total = rows[0]?.total ?? 0;
  return {
    subjects: rows.map(({ total: _, ...subject }) => subject),
    more: Math.min(sample ?? total, total) - rows.length,
  };
}
