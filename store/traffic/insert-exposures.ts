import { sql } from 'kysely';
import type { Store } from '../open-database.ts';
import { attachOutcomes } from '../outcomes/attach-outcomes.ts';

export interface NewExposure {
  unit: string;
  variant: string;
  /** Of the split it was drawn by: tells run, stage and stratum. */
  revision: number;
  at: Date;
}

/**
 * Records first exposures. A unit counts once for each draw, in the stratum of its earliest one: one that arrives late and was earlier
 * moves the unit and its counts there. Outcomes that came before their exposure are attached now.
 * @returns how many units are new
 */
export async function insertExposures(
  db: Store,
  input: { agentId: string; exposures: readonly NewExposure[] },
): Promise<number> {
  const { agentId } = input;
  // The earliest of each unit and revision stands for the others.
  const earliest = new Map<string, NewExposure>();
  for (const exposure of input.exposures) {
    const key = JSON.stringify([exposure.unit, exposure.revision]);
    const other = earliest.get(key);
    if (!other || exposure.at < other.at) earliest.set(key, exposure);
  }
  const rows = [...earliest.values()].sort((a, b) =>
    a.unit < b.unit ? -1 : a.unit > b.unit ? 1 : a.revision - b.revision,
  );
  if (rows.length === 0) return 0;
  return db.transaction().execute(async (trx) => {
    const { rows: added } = await sql<{ unit: string }>`
      with input as materialized (
        select t.unit, t.variant, t.revision, t.at, r.run_id, r.stratum,
          case when run.plan ->> 'rerandomize' = 'each_stage' then r.stage else 0 end as draw
        from json_to_recordset(${JSON.stringify(rows)}::json) as t(unit text, variant text, revision bigint, at timestamptz)
        join traffic_revision r on r.agent_id = ${agentId} and r.revision = t.revision
        join run on run.id = r.run_id
        where r.stratum is not null
      ), first as (
        select distinct on (run_id, draw, unit) * from input order by run_id, draw, unit, at
      ), added as (
        insert into exposure (run_id, draw, unit, variant, stratum, revision, at)
        select run_id, draw, unit, variant, stratum, revision, at from first
        on conflict do nothing
        returning run_id, unit, variant, stratum
      ), counted as (
        insert into exposure_count as c (run_id, stratum, variant, slot, count)
        select run_id, stratum, variant, abs(hashtext(unit)) % 16, count(*) from added group by 1, 2, 3, 4 order by 1, 2, 3, 4
        on conflict (run_id, stratum, variant, slot) do update set count = c.count + excluded.count
      )
      select unit from added`.execute(trx);
    await moveToEarlier(trx, agentId, rows);
    if (added.length > 0) await attachOutcomes(trx, { agentId, units: added.map(({ unit }) => unit) });
    return added.length;
  });
}

/** Units that are known from a later stratum than one of these exposures: rare, after a spool was written back. */
async function moveToEarlier(trx: Store, agentId: string, rows: readonly NewExposure[]): Promise<void> {
  await sql`
    with input as materialized (
      select t.unit, t.variant, t.revision, t.at, r.run_id, r.stratum,
        case when run.plan ->> 'rerandomize' = 'each_stage' then r.stage else 0 end as draw
      from json_to_recordset(${JSON.stringify(rows)}::json) as t(unit text, variant text, revision bigint, at timestamptz)
      join traffic_revision r on r.agent_id = ${agentId} and r.revision = t.revision
      join run on run.id = r.run_id
      where r.stratum is not null
    ), locked as materialized (
      select e.* from exposure e
      where (e.run_id, e.draw, e.unit) in (select run_id, draw, unit from input)
      order by e.run_id, e.draw, e.unit for update
    ), earlier as materialized (
      select distinct on (e.run_id, e.draw, e.unit)
        e.run_id, e.draw, e.unit, e.variant as from_variant, e.stratum as from_stratum, i.variant, i.stratum, i.revision, i.at
      from locked e join input i using (run_id, draw, unit)
      where i.at < e.at and i.stratum <> e.stratum
      order by e.run_id, e.draw, e.unit, i.at
    ), moved as (
      update exposure e set stratum = m.stratum, variant = m.variant, revision = m.revision, at = m.at
      from earlier m where e.run_id = m.run_id and e.draw = m.draw and e.unit = m.unit
    ), exposed as (
      insert into exposure_count as c (run_id, stratum, variant, slot, count)
      select run_id, stratum, variant, slot, sum(count) from (
        select run_id, stratum, variant, abs(hashtext(unit)) % 16 as slot, 1 as count from earlier
        union all
        select run_id, from_stratum, from_variant, abs(hashtext(unit)) % 16, -1 from earlier
      ) as t group by 1, 2, 3, 4 order by 1, 2, 3, 4
      on conflict (run_id, stratum, variant, slot) do update set count = c.count + excluded.count
    ), values_moved as (
      update unit_metric u set stratum = m.stratum, variant = m.variant
      from earlier m where u.run_id = m.run_id and u.draw = m.draw and u.unit = m.unit
      returning u.run_id, u.unit, u.metric, u.bin, u.state, m.stratum, m.variant, m.from_stratum, m.from_variant
    )
    insert into metric_count as c (run_id, stratum, variant, metric, bin, slot, count)
    select run_id, stratum, variant, metric, bin, slot, sum(count) from (
      select run_id, stratum, variant, metric, bin, abs(hashtext(unit)) % 16 as slot, 1 as count from values_moved where state = 'final'
      union all
      select run_id, from_stratum, from_variant, metric, bin, abs(hashtext(unit)) % 16, -1 from values_moved where state = 'final'
    ) as t group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6
    on conflict (run_id, stratum, variant, metric, bin, slot) do update set count = c.count + excluded.count`.execute(
    trx,
  );
}
