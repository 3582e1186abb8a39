import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/** Notes that values of these metrics came, at most once in ten seconds: in between no row is touched, so that no writer waits for another. */
export async function noteValues(db: Store, input: { runId: string; metrics: readonly string[] }): Promise<void> {
  const { runId, metrics } = input;
  if (metrics.length === 0) return;
  await sql`
    insert into metric_freshness as f (run_id, metric, last_value_at)
    select ${runId}, t.metric, clock_timestamp() from unnest(${[...new Set(metrics)].sort()}::text[]) as t(metric)
    where not exists (select from metric_freshness k
      where k.run_id = ${runId} and k.metric = t.metric and k.last_value_at > clock_timestamp() - interval '10 seconds')
    on conflict (run_id, metric) do update set last_value_at = excluded.last_value_at`.execute(db);
}
