import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/**
 * The newest experiment that ended with `roll_forward` for a candidate against what is in production: approved, where approvals
 * were asked for. @returns its id, or null
 */
export async function findPassedExperiment(
  db: Store,
  input: { projectId: string; agent: string; candidate: number; control: number },
): Promise<string | null> {
  const { rows } = await sql<{ id: string }>`
    select r.id
    from run r
    cross join lateral jsonb_array_elements(r.plan -> 'variants') as c(variant)
    cross join lateral jsonb_array_elements(r.plan -> 'variants') as v(variant)
    where r.project_id = ${input.projectId} and r.kind = 'experiment' and r.status = 'completed'
      and r.result ->> 'action' = 'roll_forward'
      and c.variant ->> 'name' = 'control'
      and c.variant -> 'agent' ->> 'name' = ${input.agent}
      and (c.variant -> 'agent' ->> 'version')::int = ${input.control}
      and v.variant ->> 'name' <> 'control'
      and v.variant -> 'agent' ->> 'name' = ${input.agent}
      and (v.variant -> 'agent' ->> 'version')::int = ${input.candidate}
      and r.result -> 'verdicts' ->> (v.variant ->> 'name') = 'pass'
    order by r.created_at desc limit 1`.execute(db);
  return rows[0]?.id ?? null;
}
