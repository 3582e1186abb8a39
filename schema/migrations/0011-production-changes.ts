import { type Kysely, sql } from 'kysely';

/** Every change of an agent's production version, so that a roll-back knows where to. Frozen: later changes are later migrations. */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(database);
}

const statements = [
  `create table production_change (
    id bigint generated always as identity primary key,
    agent_id text collate "C" not null references agent,
    version int not null,
    previous int,
    at timestamptz not null default clock_timestamp())`,
  `create index production_change_by_agent on production_change (agent_id, id desc)`,
];
