import { type Kysely, sql } from 'kysely';

/**
 * Questions of `sluice plan` on their way to a worker and back: a row lives until its answer is read. Frozen: later
 * changes are later migrations.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(database);
}

const statements = [
  `create table plan_preview (
    id text collate "C" primary key,
    project_id text not null references project,
    name text not null,
    plan jsonb not null,
    declared_effects jsonb not null,
    answer jsonb,
    created_at timestamptz not null default now())`,
];
