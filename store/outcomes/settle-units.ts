import { sql } from 'kysely';
import { binOf } from '../../schema/contracts/scale-value.ts';
import type { Store } from '../open-database.ts';
import { readRollout } from '../rollouts/read-rollout.ts';

/** Exposures may commit a moment after later ones: those of the last minute before the mark are looked at again. */
const slack = sql`interval '60 seconds'`;

/**
 * Makes the values final whose attribution window closed by `asOf`, and counts them; units that are silent by then take the metric's
 * declared default. Each unit is counted once, also when two settle at once.
 */
export async function settleUnits(db: Store, input: { runId: string; asOf: Date }): Promise<void> {
  const { runId, asOf } = input;
  const { plan } = await readRollout(db, runId);
  await db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`settle:${runId}`}, 0))`.execute(trx);
    await sql`
      with closed as (
        update unit_metric set state = 'final'
        where run_id = ${runId} and state = 'provisional' and closes_at <= ${asOf}
        returning stratum, variant, metric, bin, unit
      )
      insert into metric_count as c (run_id, stratum, variant, metric, bin, slot, count)
      select ${runId}, stratum, variant, metric, bin, abs(hashtext(unit)) % 16, count(*)
      from closed group by 2, 3, 4, 5, 6 order by 2, 3, 4, 5, 6
      on conflict (run_id, stratum, variant, metric, bin, slot) do update set count = c.count + excluded.count`.execute(
      trx,
    );
    for (const metric of plan.metrics) {
      if (metric.silence === null) continue;
      const until = sql`${asOf}::timestamptz - make_interval(secs => ${metric.attributionWindowMs / 1000})`;
      await sql`
        with mark as (
          select coalesce((select silent_until from silence_mark where run_id = ${runId} and metric = ${metric.name}),
            '-infinity'::timestamptz) as since
        ), silent as (
          insert into unit_metric (run_id, draw, unit, metric, variant, stratum, value, bin, state, closes_at, silent)
          select e.run_id, e.draw, e.unit, ${metric.name}, e.variant, e.stratum, ${metric.silence}::float8,
            ${binOf(metric, metric.silence)}::smallint, 'final', ${asOf}::timestamptz, true
          from exposure e, mark
          where e.run_id = ${runId} and e.received_at > mark.since - ${slack} and e.received_at <= ${until}
          on conflict do nothing
          returning stratum, variant, bin, unit
        ), counted as (
          insert into metric_count as c (run_id, stratum, variant, metric, bin, slot, count)
          select ${runId}, stratum, variant, ${metric.name}, bin, abs(hashtext(unit)) % 16, count(*)
          from silent group by 2, 3, 5, 6 order by 2, 3, 5, 6
          on conflict (run_id, stratum, variant, metric, bin, slot) do update set count = c.count + excluded.count
        )
        insert into silence_mark (run_id, metric, silent_until) values (${runId}, ${metric.name}, ${until})
        on conflict (run_id, metric) do update set silent_until = greatest(silence_mark.silent_until, excluded.silent_until)`.execute(
        trx,
      );
    }
  });
}
