import { type Kysely, sql } from 'kysely';

/** Webhooks, and what a rollout must remember between looks. Frozen: later changes are later migrations. */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(database);
}

const statements = [
  // The secret is encrypted with a key that no database has.
  `create table webhook_endpoint (
    id text collate "C" primary key,
    project_id text not null references project,
    url text not null,
    events text[],
    secret_box bytea not null,
    created_by text not null,
    created_at timestamptz not null default now(),
    deleted_at timestamptz)`,
  `create index webhook_endpoint_by_project on webhook_endpoint (project_id) where deleted_at is null`,
  // One message to one endpoint, written with the row that it tells of. Its id is the webhook-id of every attempt.
  `create table webhook_delivery (
    id text collate "C" primary key,
    endpoint_id text collate "C" not null references webhook_endpoint,
    event text not null,
    body jsonb not null,
    only_while_open text collate "C" references approval_request,
    created_at timestamptz not null default clock_timestamp(),
    due_at timestamptz not null default clock_timestamp(),
    tries int not null default 0,
    last_error text,
    done_at timestamptz,
    state text not null default 'waiting' check (state in ('waiting', 'delivered', 'needless', 'given_up')))`,
  `create index webhook_delivery_due on webhook_delivery (due_at) where state = 'waiting'`,
  `create index webhook_delivery_by_endpoint on webhook_delivery (endpoint_id, created_at desc)`,
  // Benefit is told once: what was told. Who ordered what, and why. An approval that was not used before it lapsed.
  `alter table rollout_state
    add column goals jsonb,
    add column command_note text,
    add column voided_request text collate "C",
    add column promoted text,
    add column rollback_ms float8`,
];
