import { type Kysely, sql } from 'kysely';

/**
 * What people say of trials: every revision, for ever. What holds now is in `score` too. Frozen: later changes are later
 * migrations.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(database);
}

const statements = [
  `create table annotation (
    project_id text not null references project,
    run_id text collate "C" not null references run,
    subject_id text collate "C" not null,
    name text not null,
    person_id text not null references person,
    revision int not null,
    example_revision_id bigint not null references example_revision,
    label text,
    score float8,
    explanation text,
    created_at timestamptz not null default now(),
    check (label is not null or score is not null),
    primary key (subject_id, name, person_id, revision))`,
  `create index annotation_by_name on annotation (project_id, name)`,
  `create index annotation_by_run on annotation (run_id)`,
  `create trigger append_only before update or delete or truncate on annotation
    for each statement execute function refuse_change()`,
];
