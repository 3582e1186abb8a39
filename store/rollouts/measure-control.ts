import { sql } from 'kysely';
import type { Store } from '../open-database.ts';

/** What is known of control's values before a rollout, by built-in metric, in the metric's own unit. */
export type ControlMeasurements = Record<string, { mean: number; p95: number; p995: number } | undefined>;

/** Fewer values than this say nothing about a 99.5th percentile. */
const fewestValues = 200;

/**
 * Mean, p95 and p99.5 of the production version's calls of the last 30 days; where there are too few, of its trials in the experiment that the
 * rollout requires.
 */
export async function measureControl(
  db: Store,
  input: { agentId: string; version: number; requires: { experimentRunId: string } | null },
): Promise<ControlMeasurements> {
  const values = sql`
    cross join lateral (values
      ('errorRate', case when c.status = 'failed' then 1 else 0 end::float8),
      ('latencyMs', case when c.status = 'succeeded' then c.latency_ms end),
      ('costUsd', c.cost_usd),
      ('tokens', coalesce(c.input_tokens, 0) + coalesce(c.output_tokens, 0)),
      ('steps', c.steps)) as v(metric, value)`;
  const measures = sql`v.metric, count(*)::int as n, avg(v.value) as mean,
    percentile_cont(0.95) within group (order by v.value) as p95,
    percentile_cont(0.995) within group (order by v.value) as p995`;
  const live = await sql<Row>`
    select ${measures} from agent_call c ${values}
    where c.agent_id = ${input.agentId} and c.version = ${input.version} and not c.shadow and not c.fell_back
      and c.at > now() - interval '30 days' and v.value is not null
    group by v.metric having count(*) >= ${fewestValues}`.execute(db);
  const offline =
    input.requires === null
      ? []
      : (
          await sql<Row>`
            select ${measures} from trial c ${values}
            where c.run_id = ${input.requires.experimentRunId} and c.variant = 'control' and v.value is not null
            group by v.metric`.execute(db)
        ).rows;
  return Object.fromEntries(
    [...offline, ...live.rows].map(({ metric, mean, p95, p995 }) => [metric, { mean, p95, p995 }]),
  );
}

interface Row {
  metric: string;
  n: number;
  mean: number;
  p95: number;
  p995: number;
}
