import { sql } from 'kysely';
import { type GoldenCase, goldenCase, goldenKeys } from '../../schema/contracts/dataset.ts';
import { goldenSplit } from '../../schema/contracts/gate.ts';
import type { Store } from '../open-database.ts';

/** Owner and reason of a run's golden cases that tell one of them, by example id. */
export async function loadGolden(db: Store, runId: string): Promise<Record<string, GoldenCase>> {
  const { owner, reason } = goldenKeys;
  const { rows } = await sql<{ id: string; owner: string | null; reason: string | null }>`
    select p.example_id as id, left(r.metadata ->> ${owner}, 200) as owner, left(r.metadata ->> ${reason}, 500) as reason
    from plan_example p join example_revision r on r.id = p.example_revision_id
    where p.run_id = ${runId} and ${goldenSplit} = any(p.splits) and r.metadata ?| ${[owner, reason]}::text[]
    order by p.ordinal`.execute(db);
  return Object.fromEntries(
    rows.flatMap((row) => {
      const golden = goldenCase({ [owner]: row.owner, [reason]: row.reason });
      return golden ? [[row.id, golden]] : [];
    }),
  );
}
