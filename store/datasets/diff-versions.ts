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
        json_build_object(
          'input', count(*) filter (where kind = 'changed' and a_input is distinct from b_input),
          'expected', count(*) filter (where kind = 'changed' and a_expected is distinct from b_expected),
          'metadata', count(*) filter (where kind = 'changed' and a_metadata is distinct from b_metadata),
          'clusterKey', count(*) filter (where kind = 'changed' and a_cluster is distinct from b_cluster),
          'sourceTraceId', count(*) filter (where kind = 'changed' and a_trace is distinct from b_trace)) as fields
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
      ${joined(input)}
      select kind, id, splits_before, splits_after, before, after from (
        select kind, id, a_splits as splits_before, b_splits as splits_after,
          case when kind = 'changed' then json_build_object('input', a_input, 'expected', a_expected, 'metadata',
            a_metadata, 'clusterKey', a_cluster, 'sourceTraceId', a_trace) end as before,
          case when kind = 'changed' then json_build_object('input', b_input, 'expected', b_expected, 'metadata',
            b_metadata, 'clusterKey', b_cluster, 'sourceTraceId', b_trace) end as after,
          row_number() over (partition by kind order by id) as place
        from joined where kind is not null) as listed
      where place <= ${input.limit} order by kind, place`.execute(trx);
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

/** Members of both versions side by side: a = before, b = after; `kind` null = unchanged. */
function joined({ from, to }: { from: string; to: string }) {
  const side = (versionId: string) => sql`
    select r.id as revision, r.example_id, r.content_hash, r.input, r.expected, r.metadata, r.cluster_key,
      r.source_trace_id, m.splits
    from dataset_member m join example_revision r on r.id = m.example_revision_id
    where m.dataset_version_id = ${versionId}`;
  return sql`with joined as (
    select case when a.example_id is null then 'added' when b.example_id is null then 'removed'
        when a.content_hash <> b.content_hash then 'changed' when a.splits <> b.splits then 'moved' end as kind,
      coalesce(a.example_id, b.example_id) as id, a.splits as a_splits, b.splits as b_splits,
      a.input as a_input, b.input as b_input, a.expected as a_expected, b.expected as b_expected,
      a.metadata as a_metadata, b.metadata as b_metadata, a.cluster_key as a_cluster, b.cluster_key as b_cluster,
      a.source_trace_id as a_trace, b.source_trace_id as b_trace
    from (${side(from)}) a full join (${side(to)}) b on a.example_id = b.example_id)`;
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
