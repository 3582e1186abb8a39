import { sql } from 'kysely';
import { type GoldenCase, goldenCase } from '../../schema/contracts/dataset.ts';
import { goldenSplit } from '../../schema/contracts/gate.ts';
import type { Json } from '../../schema/contracts/json.ts';
import type { Store } from '../open-database.ts';

export interface ExampleAnswer {
  variant: string;
  repetition: number;
  output: Json | null;
  error: string | null;
  scores: Record<string, number | null>;
}

export interface AnsweredExample {
  input: Json;
  expected: Json | null;
  /** Of a golden case that says so: who owns it, and why it must not break. */
  golden: GoldenCase | null;
  answers: ExampleAnswer[];
}

/** Inputs, expected values and answers of some examples, by example id. */
export async function loadAnswers(
  db: Store,
  runId: string,
  input: { exampleIds: string[]; variants: string[] },
): Promise<Map<string, AnsweredExample>> {
  const { rows } = await sql<Omit<AnsweredExample, 'golden'> & { id: string; metadata: Record<string, Json> | null }>`
    select p.example_id as id, r.input, r.expected,
      case when ${goldenSplit} = any(p.splits) then r.metadata end as metadata,
      coalesce(json_agg(json_build_object('variant', t.variant, 'repetition', t.repetition, 'output', t.output,
        'error', t.error_message, 'scores', coalesce((
          select json_object_agg(s.name, s.score) from score s
            where s.subject_id = t.id and s.annotator_kind <> 'HUMAN'), '{}'))
        order by t.variant, t.repetition) filter (where t.id is not null), '[]') as answers
    from plan_example p
    join example_revision r on r.id = p.example_revision_id
    left join trial t on t.run_id = p.run_id and t.example_id = p.example_id and t.variant = any(${input.variants})
    where p.run_id = ${runId} and p.example_id = any(${input.exampleIds})
    group by p.run_id, p.ordinal, r.id`.execute(db);
  return new Map(rows.map(({ id, metadata, ...rest }) => [id, { ...rest, golden: metadata && goldenCase(metadata) }]));
}
