import { sql } from 'kysely';
import type { Json } from '../../schema/contracts/json.ts';
import type { Store } from '../open-database.ts';

export interface ExampleAnswer {
  variant: string;
  repetition: number;
  output: Json | null;
  error: string | null;
  scores: Record<string, number | null>;
}

/** Inputs, expected values and answers of some examples, by example id. */
export async function loadAnswers(
  db: Store,
  runId: string,
  input: { exampleIds: string[]; variants: string[] },
): Promise<Map<string, { input: Json; expected: Json | null; answers: ExampleAnswer[] }>> {
  const { rows } = await sql<{ id: string; input: Json; expected: Json | null; answers: ExampleAnswer[] }>`
    select p.example_id as id, r.input, r.expected,
      coalesce(json_agg(json_build_object('variant', t.variant, 'repetition', t.repetition, 'output', t.output,
        'error', t.error_message, 'scores', coalesce((
          select json_object_agg(s.name, s.score) from score s
            where s.subject_id = t.id and s.annotator_kind <> 'HUMAN'), '{}'))
        order by t.variant, t.repetition) filter (where t.id is not null), '[]') as answers
    from plan_example p
    join example_revision r on r.id = p.example_revision_id
    left join trial t on t.run_id = p.run_id and t.example_id = p.example_id and t.variant = any(${input.variants})
    where p.run_id = ${runId} and p.example_id = any(${input.exampleIds})
    group by p.example_id, r.input, r.expected`.execute(db);
  return new Map(rows.map(({ id, ...rest }) => [id, rest]));
}
