import { sql } from 'kysely';
import type { SplitPair } from '../../schema/contracts/dataset.ts';
import type { Store } from '../open-database.ts';

export interface DatasetInfo {
  name: string;
  /** The newest. */
  version: number;
  examples: number;
  splits: Record<string, number>;
  /** Pairs of splits that may share nothing. */
  disjoint: SplitPair[];
  /** Labels and the versions they stand on. */
  pins: Record<string, number>;
  /** All of them, oldest first. */
  versions: { version: number; examples: number; createdAt: string }[];
  createdAt: string;
}

/** The datasets of the project by name: the newest version of each, and which others there are. */
export async function listDatasets(db: Store, projectId: string): Promise<DatasetInfo[]> {
  const { rows } = await sql<Omit<DatasetInfo, 'createdAt'> & { created_at: Date }>`
    select d.name, v.version, v.example_count as examples, v.splits, v.disjoint, v.created_at,
      coalesce((select json_object_agg(p.label, p.version order by p.label) from dataset_pin p
        where p.dataset_id = d.id), '{}') as pins,
      (select json_agg(json_build_object('version', o.version, 'examples', o.example_count, 'createdAt',
        to_char(o.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by o.version)
        from dataset_version o where o.dataset_id = d.id) as versions
    from dataset d
    join lateral (select * from dataset_version where dataset_id = d.id order by version desc limit 1) v on true
    where d.project_id = ${projectId}
    order by d.name`.execute(db);
  return rows.map(({ created_at, ...row }) => ({ ...row, createdAt: created_at.toISOString() }));
}
