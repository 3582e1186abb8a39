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

/**
 * Trials with an output in an order that the seed alone decides, so that neither their order nor their number tells
 * variants apart. With `evaluatorVersionIds` only trials that one of them judged; trials that the person has labelled
 * under the name are left out.
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
): Promise<LabelledSubject[]> {
  const { runId, evaluatorVersionIds: judges, name, personId } = input;
  const { rows } = await sql<LabelledSubject>`
    select t.id as subject, t.example_id as "exampleId", r.input, r.expected, t.output
    from trial t
    join plan_example p on p.run_id = t.run_id and p.ordinal = t.ordinal
    join example_revision r on r.id = p.example_revision_id
    where t.run_id = ${runId} and t.status = 'succeeded' and t.output is not null
      and (${judges === null} or exists (
        select from score s where s.subject_id = t.id and s.evaluator_version_id = any(${judges ?? []})
          and s.error is null))
      and (${name}::text is null or not exists (
        select from annotation a where a.subject_id = t.id and a.name = ${name} and a.person_id = ${personId}))
    order by md5(${input.seed} || t.id)
    limit ${input.sample}`.execute(db);
  return rows;
}
