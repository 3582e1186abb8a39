import { sql } from 'kysely';
import type { Plan } from '../../schema/contracts/plan.ts';
import type { Store } from '../open-database.ts';

/**
 * Writes the examples of the plan, in dataset order, and its shards. Does nothing the second time.
 * A trial's place in the plan is (ordinal * repetitions + repetition) * variants + variant, so that control and
 * candidates of one example run close together in time.
 * @returns Trials planned.
 */
export async function freezePlan(
  db: Store,
  runId: string,
  plan: Plan,
  shardSize: (trials: number) => number,
): Promise<number> {
  return db.transaction().execute(async (trx) => {
    await sql`select 1 from run where id = ${runId} for update`.execute(trx);
    const frozen = await trx
      .selectFrom('shard')
      .select((eb) => eb.fn.max<number>('to_trial').as('planned'))
      .where('run_id', '=', runId)
      .executeTakeFirst();
    if (frozen?.planned) return frozen.planned;

    const splits = plan.dataset.split === null ? null : [plan.dataset.split, ...plan.criterionSplits];
    await sql`
      insert into plan_example (run_id, ordinal, example_id, example_revision_id, cluster_key, splits)
      select ${runId}, row_number() over (order by m.ordinal) - 1, r.example_id, r.id, r.cluster_key, m.splits
      from dataset_member m join example_revision r on r.id = m.example_revision_id
      where m.dataset_version_id = ${plan.dataset.versionId}
        and (${splits}::text[] is null or m.splits && ${splits}::text[])
      order by m.ordinal
      limit ${plan.limit}`.execute(trx);
    const { count } = await trx
      .selectFrom('plan_example')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('run_id', '=', runId)
      .executeTakeFirstOrThrow();
    const trials = count * plan.repetitions * plan.variants.length;
    const size = shardSize(trials);
    if (trials > 0) {
      await sql`
        insert into shard (run_id, shard, from_trial, to_trial)
        select ${runId}, n, n * ${size}::int, least((n + 1) * ${size}::int, ${trials}::int)
        from generate_series(0, (${trials}::int - 1) / ${size}::int) as n`.execute(trx);
    }
    return trials;
  });
}
