import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/** Keeps what was said beside a score; the newest replaces. */
export async function storeFeedbackComment(
  db: Store,
  input: {
    agentId: string;
    unit: string;
    metric: string;
    identifier: string;
    traceId: string | null;
    label: string | null;
    comment: string | null;
    givenBy: string;
  },
): Promise<void> {
  const said = { trace_id: input.traceId, label: input.label, comment: input.comment, given_by: input.givenBy };
  await db
    .insertInto('feedback_comment')
    .values({
      agent_id: input.agentId,
      unit: input.unit,
      metric: input.metric,
      identifier: input.identifier,
      ...said,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['agent_id', 'unit', 'metric', 'identifier'])
        .doUpdateSet({ ...said, at: sql<Date>`clock_timestamp()` }),
    )
    .execute();
}
