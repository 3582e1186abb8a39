import { type Kysely, sql } from 'kysely';

/**
 * Requests for approval, answers by request and key, and the head of each audit chain. Frozen: later changes are later
 * migrations.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(database);
}

const statements = [
  `create table approval_request (
    id text collate "C" primary key,
    project_id text not null references project,
    run_id text collate "C" not null references run,
    action text not null check (action in ('promote','enter_stage','roll_back')),
    stage int,
    evidence_id text not null references evidence,
    plan_hash text not null,
    quorum int not null check (quorum >= 1),
    verdict text check (verdict in ('pass','fail','inconclusive')),
    policy jsonb not null,
    statistics_version text not null,
    state text not null default 'open' check (state in ('open','approved','rejected','expired','lapsed')),
    reason text,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    decided_at timestamptz,
    check ((action = 'enter_stage') = (stage is not null)),
    check ((state = 'open') = (decided_at is null)))`,
  // One question at a time about one thing.
  `create unique index approval_request_open on approval_request (run_id, action, coalesce(stage, 0))
    where state = 'open'`,
  `create index approval_request_by_run on approval_request (run_id, created_at desc)`,
  // What was asked stays as it was asked; an answer ends it once.
  `create function refuse_change_of_request() returns trigger language plpgsql as $$
    begin
      if tg_op = 'UPDATE' and old.state = 'open' and
        to_jsonb(new) - '{state,reason,decided_at}'::text[] = to_jsonb(old) - '{state,reason,decided_at}'::text[]
      then return new; end if;
      raise exception 'approval_request is frozen: % refused', lower(tg_op) using errcode = 'restrict_violation';
    end $$`,
  `create trigger frozen before update or delete on approval_request
    for each row execute function refuse_change_of_request()`,
  // A person whose key was revoked may answer again with another: one answer per key here, per person by the API.
  `alter table approval drop constraint approval_run_id_evidence_id_person_id_key`,
  `alter table approval
    add column request_id text collate "C" not null references approval_request,
    add column key_id text not null references api_key,
    add unique (request_id, key_id)`,

  `create table audit_head (
    project_id text primary key references project,
    number bigint not null,
    hash bytea,
    mac bytea,
    check ((hash is null) = (mac is null)))`,
  // Chains from before have no head until their next event: a MAC needs the key, which no database has.
  `insert into audit_head (project_id, number) select project_id, max(number) from audit_event group by project_id`,
];
