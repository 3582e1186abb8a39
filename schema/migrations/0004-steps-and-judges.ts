import { type Kysely, sql } from 'kysely';

/**
 * The steps of a trial, the mark of a cached answer, and what judges that call something cost. Frozen: later changes are
 * later migrations.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(database);
}

const statements = [
  `alter table trial add column trajectory jsonb, add column cached boolean not null default false`,
  `alter table score
    add column cost_usd float8,
    add column input_tokens float8,
    add column output_tokens float8,
    add column detail jsonb`,
];
