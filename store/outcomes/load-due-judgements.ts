import { sql } from 'kysely';
import type { Json } from '../../schema/contracts/json.ts';
import type { Store } from '../open-database.ts';

/** A live answer that an evaluator is to judge. */
export interface DueJudgement {
  kind: 'live' | 'shadow';
  /** Of the exposure; the stage of a shadow pair. */
  draw: number;
  unit: string;
  variant: string;
  metric: string;
  attempts: number;
  failed: boolean;
  input: Json;
  output: Json;
  controlFailed: boolean | null;
  controlOutput: Json;
}

/** The next answers of a rollout to judge, the longest waiting first. */
export async function loadDueJudgements(db: Store, input: { runId: string; limit: number }): Promise<DueJudgement[]> {
  const { rows } = await sql<DueJudgement>`
    select j.kind, j.draw, j.unit, a.variant, j.metric, j.attempts, a.failed, a.input, a.output,
      a.control_failed as "controlFailed", a.control_output as "controlOutput"
    from live_judgement j join live_answer a using (run_id, kind, draw, unit)
    where j.run_id = ${input.runId} and j.state = 'waiting' and j.due_at <= clock_timestamp()
      and (j.kind = 'shadow' or exists (select from exposure e where e.run_id = j.run_id and e.draw = j.draw and e.unit = j.unit))
    order by j.due_at limit ${input.limit}`.execute(db);
  return rows;
}
