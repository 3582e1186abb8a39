import { sql } from 'kysely';
import type { AddedAnnotations } from '../../schema/contracts/annotation.ts';
import type { Store } from '../open-database.ts';
import { ensureHumanEvaluator } from './ensure-human-evaluator.ts';

/** A label about a trial that is known. */
export interface PlacedAnnotation {
  trialId: string;
  exampleRevisionId: string;
  name: string;
  label: string | null;
  score: number | null;
  explanation: string | null;
}

/**
 * Adds what a person says. The same word again changes nothing; another one is the next revision, and becomes the score
 * that holds. At most one annotation per (trial, name) in a call.
 */
export async function addAnnotations(
  trx: Store,
  input: {
    projectId: string;
    runId: string;
    person: { id: string; name: string };
    annotations: readonly PlacedAnnotation[];
  },
): Promise<AddedAnnotations> {
  const { projectId, runId, person } = input;
  // Two pushes of one person at once: the second sees what the first said.
  await sql`select pg_advisory_xact_lock(hashtextextended(${`annotation:${runId}:${person.id}`}, 0))`.execute(trx);
  const evaluators = new Map<string, string>();
  for (const name of new Set(input.annotations.map((one) => one.name))) {
    evaluators.set(name, await ensureHumanEvaluator(trx, { projectId, name }));
  }
  const said = input.annotations.map((one) => ({
    subject_id: one.trialId,
    example_revision_id: one.exampleRevisionId,
    name: one.name,
    label: one.label,
    score: one.score,
    explanation: one.explanation,
    evaluator_version_id: evaluators.get(one.name),
  }));
  const { rows } = await sql<{ revision: number; count: number }>`
    with said as (
      select * from json_to_recordset(${JSON.stringify(said)}::json) as s(
        subject_id text, example_revision_id bigint, name text, label text, score float8, explanation text,
        evaluator_version_id text)
    ), known as (
      select distinct on (a.subject_id, a.name) a.subject_id, a.name, a.revision, a.label, a.score, a.explanation
      from annotation a join said s on s.subject_id = a.subject_id and s.name = a.name
      where a.person_id = ${person.id}
      order by a.subject_id, a.name, a.revision desc
    ), news as (
      select s.*, coalesce(k.revision, 0) + 1 as revision
      from said s left join known k on k.subject_id = s.subject_id and k.name = s.name
      where k.revision is null
        or (s.label, s.score, s.explanation) is distinct from (k.label, k.score, k.explanation)
    ), stored as (
      insert into annotation (project_id, run_id, subject_id, name, person_id, revision, example_revision_id, label,
        score, explanation)
      select ${projectId}, ${runId}, subject_id, name, ${person.id}, revision, example_revision_id, label, score,
        explanation
      from news
    ), scored as (
      insert into score (subject_id, evaluator_version_id, identifier, name, score, label, explanation, annotator_kind)
      select subject_id, evaluator_version_id, ${person.name}, name, score, label, explanation, 'HUMAN' from news
      on conflict (subject_id, evaluator_version_id, identifier) do update
        set score = excluded.score, label = excluded.label, explanation = excluded.explanation, created_at = now()
    )
    select least(revision, 2) as revision, count(*)::int as count from news group by 1`.execute(trx);
  const added = rows.find(({ revision }) => revision === 1)?.count ?? 0;
  const changed = rows.find(({ revision }) => revision === 2)?.count ?? 0;
  return { added, changed, unchanged: said.length - added - changed };
}
