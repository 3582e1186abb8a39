import { sql } from 'kysely';
import type { ShadowCounts, StratumCounts } from '../../schema/contracts/rollout-look.ts';
import type { Store } from '../open-database.ts';

/** The counts that a look judges by, in the shape of gates/rollout/judge-rollout.ts. */
export interface RolloutCounts {
  strata: StratumCounts[];
  shadow: ShadowCounts[];
  sinceLastValueMs: Record<string, number | null>;
  evaluatorErrors: Record<string, number>;
  confirmedEvents: Record<string, Record<string, number>>;
}

const bins = 101;

/**
 * All counts of a rollout. They are kept by delta, so that this costs the same at ten thousand and at ten million outcomes: a few
 * hundred rows for each stratum.
 */
export async function loadRolloutEvidence(db: Store, runId: string): Promise<RolloutCounts> {
  const [strata, exposures, counts, pairs, fresh, events] = await Promise.all([
    db.selectFrom('stratum').selectAll().where('run_id', '=', runId).orderBy('stratum').execute(),
    db
      .selectFrom('exposure_count')
      .select((eb) => ['stratum', 'variant', eb.fn.sum<number>('count').as('count')])
      .where('run_id', '=', runId)
      .groupBy(['stratum', 'variant'])
      .execute(),
    db
      .selectFrom('metric_count')
      .select((eb) => ['stratum', 'variant', 'metric', 'bin', eb.fn.sum<number>('count').as('count')])
      .where('run_id', '=', runId)
      .groupBy(['stratum', 'variant', 'metric', 'bin'])
      .execute(),
    db
      .selectFrom('shadow_count')
      .select((eb) => ['stage', 'variant', 'metric', 'difference', eb.fn.sum<number>('count').as('count')])
      .where('run_id', '=', runId)
      .groupBy(['stage', 'variant', 'metric', 'difference'])
      .execute(),
    db
      .selectFrom('metric_freshness')
      .select([
        'metric',
        'asked',
        'failed',
        sql<number | null>`case when last_value_at > '-infinity'
          then extract(epoch from clock_timestamp() - last_value_at)::float8 * 1000 end`.as('ageMs'),
      ])
      .where('run_id', '=', runId)
      .execute(),
    db
      .selectFrom('zero_tolerance_event')
      .select((eb) => ['metric', 'variant', eb.fn.countAll<number>().as('count')])
      .where('run_id', '=', runId)
      .where('confirmed_by', 'is not', null)
      .groupBy(['metric', 'variant'])
      .execute(),
  ]);
  const byNumber = new Map<number, StratumCounts>(
    strata.map(({ stratum, stage, shares, anchors }) => [
      stratum,
      { stratum, stage, shares, anchors, exposures: {}, bins: {} },
    ]),
  );
  for (const { stratum, variant, count } of exposures) {
    const one = byNumber.get(stratum);
    if (one) one.exposures[variant] = Number(count);
  }
  for (const { stratum, variant, metric, bin, count } of counts) {
    const one = byNumber.get(stratum);
    if (!one) continue;
    one.bins[metric] ??= {};
    const byVariant = one.bins[metric];
    byVariant[variant] ??= new Float64Array(bins);
    byVariant[variant][bin] = Number(count);
  }
  const shadow = new Map<string, ShadowCounts>();
  for (const { stage, variant, metric, difference, count } of pairs) {
    const key = `${stage} ${variant}`;
    const one = shadow.get(key) ?? { stage, candidate: variant, differences: {} };
    shadow.set(key, one);
    one.differences[metric] ??= new Float64Array(2 * bins - 1);
    one.differences[metric][difference + bins - 1] = Number(count);
  }
  const confirmedEvents: RolloutCounts['confirmedEvents'] = {};
  for (const { metric, variant, count } of events) {
    confirmedEvents[metric] = { ...confirmedEvents[metric], [variant]: Number(count) };
  }
  return {
    strata: [...byNumber.values()],
    shadow: [...shadow.values()],
    sinceLastValueMs: Object.fromEntries(fresh.map(({ metric, ageMs }) => [metric, ageMs])),
    evaluatorErrors: Object.fromEntries(
      fresh.map(({ metric, asked, failed }) => [metric, asked === 0 ? 0 : failed / asked]),
    ),
    confirmedEvents,
  };
}
