import { sql } from 'kysely';
import type { RolloutPlanMetric } from '../../schema/contracts/rollout-plan.ts';
import { binOf } from '../../schema/contracts/scale-value.ts';
import type { Store } from '../open-database.ts';
import { planOfRun } from '../rollouts/plan-of-run.ts';

/**
 * Exposures may commit a moment after later ones: the last seconds before the mark are looked at again each time, the last two minutes once
 * a minute, for those that waited for a lock.
 */
function slackMs(since: number, until: number): number {
  return Math.floor(since / 60_000) < Math.floor(until / 60_000) ? 120_000 : 5_000;
}

/** Units settled in one transaction: those who write to them wait no longer than it takes. */
const chunk = 20_000;

/** Counts of settling have a slot of their own, so that it waits for no writer. */
const ownSlot = sql`set_config('sluice.slot', '16', true)`;

/**
 * Makes the values final whose attribution window closed by `asOf` (Temporal's time), and counts them; units that are silent by then take
 * the metric's declared default. Each unit is counted once, also when two settle at once. Judged metrics have no silence: only a
 * sample of the units is theirs.
 */
export async function settleUnits(db: Store, input: { runId: string; asOf: Date }): Promise<void> {
  const { runId, asOf } = input;
  const { metrics } = await planOfRun(db, runId);
  while ((await settleSome(db, { runId, asOf })) === chunk);
  // In the order in which all writers go through metrics and units.
  const silent = metrics
    .filter(({ silence, source }) => silence !== null && source !== 'evaluator')
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  if (silent.length === 0) return;
  await db.transaction().execute(async (trx) => {
    // One at a time, and not while exposures move to another stratum.
    await sql`select pg_advisory_xact_lock(hashtextextended(${`settle:${runId}`}, 0)), ${ownSlot}`.execute(trx);
    const { rows } = await sql<{ metric: string; since: Date | null; now: Date }>`
      select t.metric, m.silent_until as since, clock_timestamp() as now from unnest(${silent.map(({ name }) => name)}::text[]) as t(metric)
      left join silence_mark m on m.run_id = ${runId} and m.metric = t.metric`.execute(trx);
    const marks = new Map(rows.map((row) => [row.metric, row]));
    for (const metric of silent) {
      const mark = marks.get(metric.name);
      if (mark === undefined) continue;
      // Never beyond the database's own time, which exposures are stamped with: Temporal's may be ahead.
      const until = Math.min(asOf.getTime() - metric.attributionWindowMs, mark.now.getTime());
      const since = mark.since?.getTime() ?? null;
      if (since !== null && until <= since) continue;
      const from = since === null ? null : new Date(since - slackMs(since, until));
      await settleSilence(trx, {
        runId,
        asOf,
        metric,
        silence: metric.silence as number,
        from,
        until: new Date(until),
      });
    }
  });
}

async function settleSome(db: Store, { runId, asOf }: { runId: string; asOf: Date }): Promise<number> {
  // One that is being written to just now is left for the next time: waiting here could end in a deadlock.
  const { numAffectedRows } = await sql`
    with slot as materialized (select ${ownSlot}), closed as materialized (
      select draw, unit, metric from unit_metric
      where run_id = ${runId} and state = 'provisional' and closes_at <= ${asOf} and (select true from slot)
      order by closes_at limit ${chunk} for update skip locked
    )
    update unit_metric m set state = 'final' from closed c
    where m.run_id = ${runId} and m.draw = c.draw and m.unit = c.unit and m.metric = c.metric`.execute(db);
  return Number(numAffectedRows ?? 0);
}

/** The bounds are constants of the statement: the planner must see how few exposures lie between them. */
async function settleSilence(
  trx: Store,
  input: { runId: string; asOf: Date; metric: RolloutPlanMetric; silence: number; from: Date | null; until: Date },
): Promise<void> {
  const { runId, asOf, metric, silence, from, until } = input;
  await sql`
    with silent as (
      insert into unit_metric (run_id, draw, unit, metric, variant, stratum, value, bin, state, closes_at, silent)
      select e.run_id, e.draw, e.unit, ${metric.name}, e.variant, e.stratum, ${silence}::float8,
        ${binOf(metric, silence)}::smallint, 'final', ${asOf}::timestamptz, true
      from exposure e
      where e.run_id = ${runId} and e.received_at > ${from ?? '-infinity'}::timestamptz and e.received_at <= ${until}
        and not exists (select from unit_metric m
          where m.run_id = e.run_id and m.draw = e.draw and m.unit = e.unit and m.metric = ${metric.name})
      order by e.draw, e.unit
      on conflict do nothing
    )
    insert into silence_mark (run_id, metric, silent_until) values (${runId}, ${metric.name}, ${until})
    on conflict (run_id, metric) do update set silent_until = greatest(silence_mark.silent_until, excluded.silent_until)`.execute(
    trx,
  );
}
