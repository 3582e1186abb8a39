import { sql } from 'kysely';
import type { LabelPairs } from '../../schema/contracts/evidence.ts';
import type { Store } from '../open-database.ts';

/** Examples whose labels are looked at, the newest: more tell kappa no better, and its interval takes n squared. */
const mostExamples = 2_000;

interface PairRow {
  subject: string;
  example: string;
  person: string;
  said: string | null;
  said_score: number | null;
  judged: string | null;
  judged_score: number | null;
}

/**
 * What people said, in any run of the project, of trials that one version of a judge judged. Labels are compared when
 * that covers at least as many as comparing scores would, whatever their case; else scores cut at `threshold`.
 */
export async function loadLabelPairs(
  db: Store,
  input: {
    projectId: string;
    /** Of the judge. */
    versionId: string;
    /** The name under which people labelled. @default the judge's */
    label?: string | undefined;
    /** @default 0.5 */
    threshold?: number | undefined;
  },
): Promise<LabelPairs> {
  const { versionId, threshold = 0.5 } = input;
  const judge = await db
    .selectFrom('evaluator_version')
    .select(['name', 'version'])
    .where('id', '=', versionId)
    .executeTakeFirstOrThrow();
  const label = input.label ?? judge.name;
  const { rows } = await sql<PairRow>`
    select a.subject_id as subject, a.example_revision_id::text as example, p.name as person, a.label as said,
      a.score as said_score, j.label as judged, j.score as judged_score
    from (
      select distinct on (subject_id, person_id) * from annotation
      where project_id = ${input.projectId} and name = ${label}
      order by subject_id, person_id, revision desc) a
    join person p on p.id = a.person_id
    join score j on j.subject_id = a.subject_id and j.evaluator_version_id = ${versionId}
      and j.annotator_kind <> 'HUMAN' and j.error is null
    order by a.created_at desc, a.subject_id, p.name`.execute(db);
  const named = rows.filter((row) => row.said !== null && row.judged !== null).length;
  const scored = rows.filter((row) => row.said_score !== null && row.judged_score !== null).length;
  const basis = named >= scored ? 'label' : 'score';
  const categoryOf = (text: string | null, score: number | null): string | null => {
    if (basis === 'label') return text === null ? null : text.trim().toLowerCase();
    return score === null ? null : score >= threshold ? '1' : '0';
  };
  const pairs = rows.flatMap(({ said, said_score, judged, judged_score, ...row }) => {
    const one = categoryOf(judged, judged_score);
    const other = categoryOf(said, said_score);
    return one === null || other === null ? [] : [{ ...row, judged: one, said: other }];
  });
  const examples = [...new Set(pairs.map(({ example }) => example))].slice(0, mostExamples);
  const kept = pairs.filter(indexIn(examples));
  const categories = [...new Set(kept.flatMap((pair) => [pair.judged, pair.said]))].sort();
  const people = [...new Set(kept.map(({ person }) => person))].sort();
  const units = new Map(examples.map((example) => [example, { labels: [] as LabelPairs['units'][number]['labels'] }]));
  const trials = new Map<string, number>();
  for (const { subject, example, person, judged, said } of kept) {
    const trial = trials.get(subject) ?? trials.size;
    trials.set(subject, trial);
    const unit = units.get(example) as LabelPairs['units'][number];
    unit.labels.push([trial, categories.indexOf(judged), people.indexOf(person), categories.indexOf(said)]);
  }
  return {
    judge: `${judge.name}@${judge.version}`,
    label,
    basis,
    threshold: basis === 'score' ? threshold : null,
    categories,
    people,
    units: [...units.values()],
    unusable: rows.length - pairs.length,
  };
}

function indexIn(examples: readonly string[]): (pair: { example: string }) => boolean {
  const known = new Set(examples);
  return ({ example }) => known.has(example);
}
