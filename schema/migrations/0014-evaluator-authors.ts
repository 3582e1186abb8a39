import { type Kysely, sql } from 'kysely';

/** Who made an evaluator's version: a contributor to what is decided by it. Frozen: later changes are later migrations. */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(database);
}

// null: made before this, or in the name of a person who labels.
const statements = [`alter table evaluator_version add column created_by text`];
