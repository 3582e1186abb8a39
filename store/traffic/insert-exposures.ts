import { sql } from 'kysely';
import type { Store } from '../open-database.ts';
import { attachValues } from '../outcomes/attach-values.ts';
import { untilNotDeadlocked } from '../until-not-deadlocked.ts';

export interface NewExposure {
  unit: string;
  variant: string;
  /** Of the split it was drawn by: tells run, stage and stratum. */
  revision: number;
  at: Date;
}

/**
 * Records first exposures. A unit counts once for each draw, in the stratum of its earliest one: one that arrives late and was earlier
 * moves the unit and its counts there. Outcomes and calls that came before their exposure are attached then. Safe to repeat.
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
    const key = `${exposure.revision} ${exposure.unit}`;
    const other = earliest.get(key);
    if (!other || exposure.at < other.at) earliest.set(key, exposure);
  }
  const rows = [...earliest.values()];
  if (rows.length === 0) return 0;
  const drawn = sql`
    select distinct on (d.run_id, d.draw, t.unit) d.run_id, d.draw, t.unit, t.variant, d.stratum, t.revision, t.at
    from unnest(${rows.map(({ unit }) => unit)}::text[], ${rows.map(({ variant }) => variant)}::text[],
      ${rows.map(({ revision }) => revision)}::bigint[], ${rows.map(({ at }) => at)}::timestamptz[])
      as t(unit, variant, revision, at)
    join (
      select r.revision, r.run_id, r.stratum,
        case when run.plan ->> 'rerandomize' = 'each_stage' then r.stage else 0 end as draw
      from traffic_revision r join run on run.id = r.run_id
      where r.agent_id = ${agentId} and r.stratum is not null
        and r.revision = any(${[...new Set(rows.map(({ revision }) => revision))]}::bigint[])
    ) as d using (revision)
    order by d.run_id, d.draw, t.unit, t.at, t.revision`;
  const { added, moved } = await untilNotDeadlocked(() =>
    db.transaction().execute(async (trx) => {
      const { rows: added } = await sql<{ unit: string }>`
        insert into exposure (run_id, draw, unit, variant, stratum, revision, at) ${drawn}
        on conflict do nothing
        returning unit`.execute(trx);
      if (added.length === rows.length) return { added, moved: [] };
      const { rows: later } = await sql<{ unit: string; run_id: string }>`
        select e.run_id, e.unit from (${drawn}) as d join exposure e using (run_id, draw, unit) where d.at < e.at`.execute(
        trx,
      );
      const moved = later.map(({ unit }) => unit);
      // A spool was written back: rare.
      for (const runId of new Set(later.map(({ run_id }) => run_id))) {
        // Not while units are settled, which goes by the strata of exposures.
        await sql`select pg_advisory_xact_lock(hashtextextended(${`settle:${runId}`}, 0))`.execute(trx);
        await sql`
          with earlier as materialized (
            select d.* from (${drawn}) as d where d.run_id = ${runId} order by run_id, draw, unit
          ), moved as (
            update exposure e set stratum = d.stratum, variant = d.variant, revision = d.revision, at = d.at
            from earlier d
            where e.run_id = d.run_id and e.draw = d.draw and e.unit = d.unit and d.at < e.at
            returning e.run_id, e.draw, e.unit, e.stratum, e.variant
          )
          update unit_metric u set stratum = m.stratum, variant = m.variant
          from moved m
          where u.run_id = m.run_id and u.draw = m.draw and u.unit = m.unit
            and (u.stratum, u.variant) is distinct from (m.stratum, m.variant)`.execute(trx);
      }
      return { added, moved };
    }),
  );
  // All units, not the new ones only: a repetition finishes what a process that died here left undone.
  const units =
    moved.length > 0 || added.length < rows.length ? rows.map(({ unit }) => unit) : added.map(({ unit }) => unit);
  await attachValues(db, { agentId, units, from: 'both' });
  return added.length;
}
