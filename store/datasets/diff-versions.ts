import { sql } from 'kysely';
import type { DatasetDiff, DiffExample } from '../../schema/contracts/dataset.ts';
import type { Json } from '../../schema/contracts/json.ts';
import { bulkRead } from '../bulk-read.ts';
import type { Store } from '../open-database.ts';

type Kind = 'added' | 'removed' | 'changed' | 'moved';

interface Row {
  kind: Kind;
  id: string;
  before: Content | null;
  after: Content | null;
  splits_before: string[] | null;
  splits_after: string[] | null;
}

/** Columns of an example that differ only where its content does. */
interface Content {
  input: Json;
  expected: Json | null;
  metadata: Record<string, Json>;
  clusterKey: string | null;
  sourceTraceId: string | null;
}

/**
 * What changed from one version to another, by example id. Counts are of all examples; of each kind the first `limit`
 * by id are told one by one.
 */
export async function diffVersions(
  db: Store,
  input: { from: string; to: string; limit: number },
): Promise<Omit<DatasetDiff, 'from' | 'to'>> {
  return bulkRead(db, async (trx) => {
    const { rows: counted } = await sql<{ counts: DatasetDiff['counts']; fields: DatasetDiff['fields'] }>`
      ${joined(input)}
      select json_build_object('added', count(*) filter (where kind = 'added'),
        'removed', count(*) filter (where kind = 'removed'), 'changed', count(*) filter (where kind = 'changed'),
        'moved', count(*) filter (where kind = 'moved'), 'unchanged', count(*) filter (where kind is null)) as counts,
        (select json_build_object('input', count(*) filter (where a.input is distinct from b.input),
          'expected', count(*) filter (where a.expected is distinct from b.expected),
          'metadata', count(*) filter (where a.metadata is distinct from b.metadata),
          'clusterKey', count(*) filter (where a.cluster_key is distinct from b.cluster_key),
          'sourceTraceId', count(*) filter (where a.source_trace_id is distinct from b.source_trace_id))
          from joined j join example_revision a on a.id = j.a_revision join example_revision b on b.id = j.b_revision
          where j.kind = 'changed') as fields
      from joined`.execute(trx);
    const { rows: splits } = await sql<{ split: string } & DatasetDiff['splits'][string]>`
      ${joined(input)}
      select split, count(*) filter (where split = any(a_splits)) as before,
        count(*) filter (where split = any(b_splits)) as after,
        count(*) filter (where split = any(b_splits) and not split = any(coalesce(a_splits, '{}'))) as joined,
        count(*) filter (where split = any(a_splits) and not split = any(coalesce(b_splits, '{}'))) as left
      from joined cross join lateral (
        select distinct unnest(coalesce(a_splits, '{}') || coalesce(b_splits, '{}')) as split) as named
      group by split order by split`.execute(trx);
    const { rows } = await sql<Row>`
      ${joined(input)}, listed as (
        select *, row_number() over (partition by kind order by id) as place from joined where kind is not null
      )
      select l.kind, l.id, l.a_splits as splits_before, l.b_splits as splits_after,
        case when l.kind = 'changed' then ${content('a')} end as before,
        case when l.kind = 'changed' then ${content('b')} end as after
      from listed l
      left join example_revision a on a.id = l.a_revision
      left join example_revision b on b.id = l.b_revision
      where l.place <= ${input.limit} order by l.kind, l.place`.execute(trx);
    const { counts, fields } = counted[0] as { counts: DatasetDiff['counts']; fields: DatasetDiff['fields'] };
    const of = (kind: Kind) => rows.filter((row) => row.kind === kind);
    return {
      counts,
      fields,
      splits: Object.fromEntries(splits.map(({ split, ...numbers }) => [split, numbers])),
      added: of('added').map((row) => ({ id: row.id, splits: row.splits_after ?? [] })),
      removed: of('removed').map((row) => ({ id: row.id, splits: row.splits_before ?? [] })),
      changed: of('changed').map(toExample),
      moved: of('moved').map(toExample),
    };
  });
}

/** Members of both versions side by side, without their content: a = before, b = after; `kind` null = unchanged. */
function joined({ from, to }: { from: string; to: string }) {
  const side = (versionId: string) => sql`
    select r.id as revision, r.example_id, r.content_hash, m.splits
    from dataset_member m join example_revision r on r.id = m.example_revision_id
    where m.dataset_version_id = ${versionId}`;
  return sql`with joined as materialized (
    select case when a.example_id is null then 'added' when b.example_id is null then 'removed'
        when a.content_hash <> b.content_hash then 'changed' when a.splits <> b.splits then 'moved' end as kind,
      coalesce(a.example_id, b.example_id) as id, a.splits as a_splits, b.splits as b_splits,
      a.revision as a_revision, b.revision as b_revision
    from (${side(from)}) a full join (${side(to)}) b on a.example_id = b.example_id)`;
}

function content(side: 'a' | 'b') {
  const of = (column: string) => sql.ref(`${side}.${column}`);
  return sql`json_build_object('input', ${of('input')}, 'expected', ${of('expected')}, 'metadata', ${of('metadata')},
    'clusterKey', ${of('cluster_key')}, 'sourceTraceId', ${of('source_trace_id')})`;
}

function toExample({ id, before, after, splits_before, splits_after }: Row): DiffExample {
  const was = splits_before ?? [];
  const is = splits_after ?? [];
  return {
    id,
    fields: before && after ? changedFields(before, after) : [],
    joined: is.filter((split) => !was.includes(split)),
    left: was.filter((split) => !is.includes(split)),
  };
}

function changedFields(before: Content, after: Content): DiffExample['fields'] {
  const flat = ({ metadata, ...rest }: Content): Map<string, Json | null> =>
    new Map([
      ...Object.entries(rest),
      ...Object.entries(metadata).map(([key, value]) => [`metadata.${key}`, value]),
    ] as [string, Json | null][]);
  const was = flat(before);
  const is = flat(after);
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((field) => {
    const one = was.get(field) ?? null;
    const other = is.get(field) ?? null;
    return JSON.stringify(one) === JSON.stringify(other) ? [] : [{ field, before: one, after: other }];
  });
}
