import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/** Puts scores that are errors aside, so that the judges are asked again. They are kept as superseded. */
export async function supersedeErrors(
  trx: Store,
  input: { runId: string; versions: string[]; actor: string },
): Promise<void> {
  const { runId, versions, actor } = input;
  await sql`
    with picked as (
      delete from score where subject_id >= ${`${runId}-`} and subject_id < ${`${runId}.`} and error is not null
        and identifier = '' and evaluator_version_id = any(${versions}::text[]) returning *
    )
    insert into superseded_score (subject_id, evaluator_version_id, identifier, name, error, cost_usd, created_at,
      superseded_by)
    select subject_id, evaluator_version_id, identifier, name, error, cost_usd, created_at, ${actor}
    from picked`.execute(trx);
}
