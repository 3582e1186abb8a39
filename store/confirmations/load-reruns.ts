import type { Rerun } from '../../schema/contracts/evidence.ts';
import type { Store } from '../open-database.ts';

/** The re-runs of a run that are over, in their order. */
export async function loadReruns(db: Store, runId: string): Promise<Rerun[]> {
  const rows = await db
    .selectFrom('confirmation')
    .select(['variant', 'example_id', 'repetition', 'status', 'caused_by', 'scores'])
    .where('run_id', '=', runId)
    .where('status', 'is not', null)
    .orderBy('variant')
    .orderBy('example_id')
    .orderBy('repetition')
    .execute();
  return rows.map((row) => ({
    candidate: row.variant,
    exampleId: row.example_id,
    repetition: row.repetition,
    failedBy: row.status === 'succeeded' ? null : (row.caused_by ?? 'platform'),
    scores: row.scores ?? {},
  }));
}
