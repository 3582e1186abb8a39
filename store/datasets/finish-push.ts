import { type Selectable, sql } from 'kysely';
import type { DatasetVersionInfo, SplitPair } from '../../schema/contracts/dataset.ts';
import { goldenSplit } from '../../schema/contracts/gate.ts';
import { SluiceError } from '../../schema/errors.ts';
import { newId } from '../../schema/ids.ts';
import type { DatasetVersionTable } from '../../schema/tables/database.ts';
import type { Store } from '../open-database.ts';
import { disjointSplits } from './disjoint-splits.ts';
import { goldenWarnings } from './golden-warnings.ts';
import { refuseOverlaps } from './refuse-overlaps.ts';

/**
 * Turns a staged push into the dataset's next version, in the caller's transaction: all of it or nothing. Content that
 * and declarations that equal the newest version make none. Splits that an earlier version declared disjoint stay so
 * until they are named in `allowOverlap`.
 * @throws {SluiceError} not_found, or invalid_input for no rows, gaps, duplicate ids, or splits that overlap.
 */
export async function finishPush(
  trx: Store,
  input: {
    projectId: string;
    pushId: string;
    rows: number;
    createdBy: string;
    /** Declared from this version on, beside what earlier versions declared. */
    disjoint?: SplitPair[];
    /** No longer disjoint. */
    allowOverlap?: SplitPair[];
  },
): Promise<DatasetVersionInfo> {
  const push = await trx
    .selectFrom('dataset_push')
    .selectAll()
    .where('id', '=', input.pushId)
    .where('project_id', '=', input.projectId)
    .forUpdate()
    .executeTakeFirst();
  if (!push) {
    throw new SluiceError({
      code: 'not_found',
      message: `there is no open push ${input.pushId}: it was finished, or cleared away after a day`,
      fix: 'Push the file again.',
    });
  }
  // Rows staged a moment ago are not in the planner's statistics: it would join a million of them in nested loops.
  await sql`set local enable_nestloop = off`.execute(trx);
  await sql`set local jit = off`.execute(trx);
  await sql`set local statement_timeout = '10min'`.execute(trx);
  if (push.finished_version_id !== null) {
    const made = await trx
      .selectFrom('dataset_version')
      .selectAll()
      .where('id', '=', push.finished_version_id)
      .executeTakeFirstOrThrow();
    return describe(push.dataset_name, made, { created: true, warnings: [] });
  }
  await requireComplete(trx, push.id, push.dataset_name, input.rows);
  await sql`
    update dataset_push_row r set example_id = n.id
    from (
      select ordinal, 'ex-' || left(content_hash, 16) || case when nth = 1 then '' else '-' || nth end as id
      from (
        select ordinal, content_hash, row_number() over (partition by content_hash order by ordinal) as nth
        from dataset_push_row where push_id = ${push.id} and example_id is null
      ) as numbered
    ) as n
    where r.push_id = ${push.id} and r.ordinal = n.ordinal`.execute(trx);
  await refuseDuplicates(trx, push.id, push.dataset_name);

  await trx
    .insertInto('dataset')
    .values({ id: newId('dst'), project_id: input.projectId, name: push.dataset_name })
    .onConflict((conflict) => conflict.columns(['project_id', 'name']).doNothing())
    .execute();
  const dataset = await trx
    .selectFrom('dataset')
    .select('id')
    .where('project_id', '=', input.projectId)
    .where('name', '=', push.dataset_name)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const { rows: described } = await sql<{ hash: string; splits: Record<string, number> }>`
    select
      encode(sha256(convert_to(string_agg(
        example_id || chr(10) || content_hash || chr(10) || array_to_string(splits, ','), chr(10) order by ordinal),
        'UTF8')), 'hex') as hash,
      (select coalesce(json_object_agg(split, count), '{}') from (
        select unnest(splits) as split, count(*) as count from dataset_push_row
        where push_id = ${push.id} group by 1 order by 1) as counted) as splits
    from dataset_push_row where push_id = ${push.id}`.execute(trx);
  const { hash, splits } = described[0] as { hash: string; splits: Record<string, number> };
  const newest = await trx
    .selectFrom('dataset_version')
    .selectAll()
    .where('dataset_id', '=', dataset.id)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  const declared = { name: push.dataset_name, earlier: newest?.disjoint ?? [], splits, ...input };
  const disjoint = disjointSplits(declared);
  await refuseOverlaps(trx, { pushId: push.id, name: push.dataset_name, disjoint });
  const warnings = splits[goldenSplit] ? await goldenWarnings(trx, push.id, splits[goldenSplit]) : [];
  if (newest?.content_hash === hash && JSON.stringify(newest.disjoint) === JSON.stringify(disjoint)) {
    await closePush(trx, push.id, newest.id);
    return describe(push.dataset_name, newest, { created: false, warnings });
  }

  await sql`
    insert into example_revision (dataset_id, example_id, content_hash, input, expected, metadata, cluster_key,
      source_trace_id)
    select ${dataset.id}, example_id, content_hash, input, expected, metadata, cluster_key, source_trace_id
    from dataset_push_row where push_id = ${push.id} order by ordinal
    on conflict do nothing`.execute(trx);
  const version = await trx
    .insertInto('dataset_version')
    .values({
      id: newId('dsv'),
      dataset_id: dataset.id,
      version: (newest?.version ?? 0) + 1,
      example_count: input.rows,
      splits: JSON.stringify(splits),
      disjoint: JSON.stringify(disjoint),
      content_hash: hash,
      created_by: input.createdBy,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await sql`
    insert into dataset_member (dataset_version_id, ordinal, example_revision_id, splits)
    select ${version.id}, p.ordinal, r.id, p.splits
    from dataset_push_row p join example_revision r
      on r.dataset_id = ${dataset.id} and r.example_id = p.example_id and r.content_hash = p.content_hash
    where p.push_id = ${push.id}`.execute(trx);
  await closePush(trx, push.id, version.id);
  return describe(push.dataset_name, version, { created: true, warnings });
}

/** The staged rows go; the push stays for a day, so that finishing it again gives the same answer. */
async function closePush(trx: Store, pushId: string, versionId: string): Promise<void> {
  await trx.deleteFrom('dataset_push_row').where('push_id', '=', pushId).execute();
  await trx.updateTable('dataset_push').set({ finished_version_id: versionId }).where('id', '=', pushId).execute();
}

function describe(
  name: string,
  version: Selectable<DatasetVersionTable>,
  rest: Pick<DatasetVersionInfo, 'created' | 'warnings'>,
): DatasetVersionInfo {
  return {
    name,
    version: version.version,
    examples: version.example_count,
    splits: version.splits,
    contentHash: version.content_hash,
    disjoint: version.disjoint,
    createdAt: version.created_at.toISOString(),
    ...rest,
  };
}

async function requireComplete(trx: Store, pushId: string, name: string, expected: number): Promise<void> {
  const { count } = await trx
    .selectFrom('dataset_push_row')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('push_id', '=', pushId)
    .executeTakeFirstOrThrow();
  if (expected > 0 && count === expected) return;
  throw new SluiceError({
    code: 'invalid_input',
    message:
      expected === 0
        ? `dataset ${name}: the push has no rows`
        : `dataset ${name}: ${count} rows arrived, ${expected} were sent`,
    fix: expected === 0 ? 'Push a file with at least one example.' : 'Push the file again. Nothing was changed.',
  });
}

async function refuseDuplicates(trx: Store, pushId: string, name: string): Promise<void> {
  const { rows } = await sql<{ id: string; ordinals: number[]; total: number }>`
    select example_id as id, (array_agg(ordinal order by ordinal))[1:5] as ordinals, count(*) over () as total
    from dataset_push_row where push_id = ${pushId}
    group by example_id having count(*) > 1 order by min(ordinal) limit 3`.execute(trx);
  const [first] = rows;
  if (!first) return;
  const list = rows.map((row) => `"${row.id}" in rows ${row.ordinals.map((ordinal) => ordinal + 1).join(', ')}`);
  throw new SluiceError({
    code: 'invalid_input',
    message: `dataset ${name}: ${first.total} ${first.total === 1 ? 'id is' : 'ids are'} used by several rows: ${list.join('; ')}`,
    fix: 'Give each example its own id, or leave the id out to have one made from its content. Nothing was changed.',
  });
}
