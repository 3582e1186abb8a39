import { sql } from 'kysely';
import type { Step } from '../../schema/contracts/call.ts';
import type { Json } from '../../schema/contracts/json.ts';
import type { Store } from '../open-database.ts';

/** An answer that an earlier trial got. */
export interface CachedAnswer {
  key: string;
  output: Json;
  outputHash: string | null;
  steps: number | null;
  trajectory: Step[] | null;
  model: string | null;
  revision: string | null;
}

/**
 * Answers kept under `keys`, of other runs of the project than this one: its own variants are called each for itself.
 * @param input.maxAgeMs null = however old
 */
export async function findAnswers(
  db: Store,
  input: { runId: string; keys: string[]; maxAgeMs: number | null },
): Promise<CachedAnswer[]> {
  if (input.keys.length === 0) return [];
  const { rows } = await sql<CachedAnswer>`
    select c.key, t.output, t.output_hash as "outputHash", t.steps, t.trajectory, t.model, t.revision
    from run r
    join cached_answer c on c.project_id = r.project_id and c.key = any(${input.keys}::text[]) and c.run_id <> r.id
    join trial t on t.run_id = c.run_id and t.variant = c.variant and t.example_id = c.example_id
      and t.repetition = c.repetition
    where r.id = ${input.runId} and t.status = 'succeeded'
      and (${input.maxAgeMs}::float8 is null or c.created_at > now() - make_interval(secs => ${input.maxAgeMs}::float8 / 1000))`.execute(
    db,
  );
  return rows;
}
