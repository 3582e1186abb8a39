import { type Kysely, sql } from 'kysely';

/**
 * Media by reference, declared disjoint splits, pins. Frozen: later changes are later migrations.
 * Media are compressed already: `external` spares Postgres trying again, and lets a part of one be read alone.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(database);
}

const statements = [
  // Null = the bytes are in the object store.
  `alter table attachment alter column content drop not null`,
  `alter table attachment alter column content set storage external`,
  // Pairs of splits, each sorted: [["test","train"]].
  `alter table dataset_version add column disjoint jsonb not null default '[]'`,
  `create table dataset_pin (
    dataset_id text not null references dataset,
    label text not null,
    version int not null,
    moved_by text not null,
    moved_at timestamptz not null default now(),
    primary key (dataset_id, label),
    foreign key (dataset_id, version) references dataset_version (dataset_id, version))`,
];
