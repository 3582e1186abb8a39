import { sql } from 'kysely';
import type { OutcomesAnswer } from '../../schema/contracts/traffic.ts';
import type { Store } from '../open-database.ts';
import { attachValues } from './attach-values.ts';

export interface Outcome {
  /** Its place in the request. */
  index: number;
  unit: string;
  metric: string;
  identifier: string;
  revision: number;
  value: number;
  /** null = when it came; of a higher revision, when the one before happened. */
  at: Date | null;
}

/**
 * Stores outcomes of one agent and attaches them to the rollout that goes on. A higher revision replaces; an equal one with the same
 * value is a duplicate, with another value a conflict; a lower one came late and is a duplicate too. An outcome of a unit that was
 * never exposed is kept, unattributed. What is sent again is attached again, so that a repetition finishes what broke off.
 */
export async function storeOutcomes(
  db: Store,
  input: {
    agentId: string;
    outcomes: readonly Outcome[];
    /** Feedback has no revisions: another value replaces. @default 'outcome' */
    source?: 'outcome' | 'feedback';
  },
): Promise<OutcomesAnswer> {
  const { agentId, source = 'outcome' } = input;
  // Of the clock that exposures are stamped by: a value that came after its exposure must not seem to be from before.
  const now = new Date();
  const answer: OutcomesAnswer = { accepted: 0, duplicates: 0, rejected: [] };
  // Twice in one request is decided here: one statement cannot write a row twice.
  const newest = new Map<string, Outcome>();
  for (const outcome of input.outcomes) {
    const key = keyOf(outcome);
    const other = newest.get(key);
    if (!other) newest.set(key, outcome);
    else if (other.revision === outcome.revision && other.value !== outcome.value) {
      answer.rejected.push({ index: outcome.index, reason: conflictOf(outcome, other.value) });
    } else {
      answer.duplicates += 1;
      if (outcome.revision > other.revision) newest.set(key, outcome);
    }
  }
  // One order for all writers.
  const keys = [...newest.keys()].sort();
  const rows = keys.map((key) => newest.get(key) as Outcome);
  if (rows.length > 0) {
    const columns = sql`unnest(${rows.map(({ index }) => index)}::int[], ${rows.map(({ unit }) => unit)}::text[],
      ${rows.map(({ metric }) => metric)}::text[], ${rows.map(({ identifier }) => identifier)}::text[],
      ${rows.map(({ revision }) => revision)}::int[], ${rows.map(({ value }) => value)}::float8[],
      ${rows.map(({ at }) => at)}::timestamptz[])`;
    const isNewer =
      source === 'feedback'
        ? sql`set revision = o.revision + 1, value = excluded.value, received_at = excluded.received_at
            where o.value is distinct from excluded.value`
        : sql`set revision = excluded.revision, value = excluded.value, received_at = excluded.received_at,
              at = case when excluded.at = excluded.received_at then o.at else excluded.at end
            where o.revision < excluded.revision`;
    const { rows: written } = await sql<{ unit: string; metric: string; identifier: string }>`
      insert into outcome as o (agent_id, unit, metric, identifier, revision, value, at, received_at, source)
      select ${agentId}, unit, metric, identifier, revision, value, coalesce(at, ${now}), ${now}, ${source}
      from ${columns} as t(index, unit, metric, identifier, revision, value, at)
      on conflict (agent_id, unit, metric, identifier) do update ${isNewer}
      returning unit, metric, identifier`.execute(db);
    answer.accepted = written.length;
    if (written.length < rows.length) {
      const done = new Set(written.map(keyOf));
      const rest = keys.filter((key) => !done.has(key)).map((key) => newest.get(key) as Outcome);
      await tellOthers(db, { agentId, rest, answer });
    }
    const refused = new Set(answer.rejected.map(({ index }) => index));
    const units = rows.filter(({ index }) => !refused.has(index)).map(({ unit }) => unit);
    await attachValues(db, { agentId, units, from: 'outcomes' });
  }
  answer.rejected.sort((a, b) => a.index - b.index);
  return answer;
}

/** Those that were there already, seen after the writing, since another request may have written them at the same moment. */
async function tellOthers(
  db: Store,
  input: { agentId: string; rest: readonly Outcome[]; answer: OutcomesAnswer },
): Promise<void> {
  const { agentId, rest, answer } = input;
  const { rows } = await sql<{ unit: string; metric: string; identifier: string; revision: number; value: number }>`
    select o.unit, o.metric, o.identifier, o.revision, o.value
    from unnest(${rest.map(({ unit }) => unit)}::text[], ${rest.map(({ metric }) => metric)}::text[],
      ${rest.map(({ identifier }) => identifier)}::text[]) as t(unit, metric, identifier)
    join outcome o on o.agent_id = ${agentId} and o.unit = t.unit and o.metric = t.metric and o.identifier = t.identifier`.execute(
    db,
  );
  const known = new Map(rows.map((row) => [keyOf(row), row]));
  for (const outcome of rest) {
    const there = known.get(keyOf(outcome));
    if (there && there.revision === outcome.revision && there.value !== outcome.value) {
      answer.rejected.push({ index: outcome.index, reason: conflictOf(outcome, there.value) });
    } else answer.duplicates += 1;
  }
}

function keyOf({ unit, metric, identifier }: { unit: string; metric: string; identifier: string }): string {
  return `${unit}\u0000${metric}\u0000${identifier}`;
}

function conflictOf(outcome: Outcome, value: number): string {
  return `conflict: revision ${outcome.revision} of ${outcome.metric} "${outcome.identifier}" of ${outcome.unit} is ${value} already, found ${outcome.value}; send a higher revision to replace it`;
}
