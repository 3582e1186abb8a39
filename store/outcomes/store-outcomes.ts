import { sql } from 'kysely';
import type { OutcomesAnswer } from '../../schema/contracts/traffic.ts';
import type { Store } from '../open-database.ts';
import { attachOutcomes } from './attach-outcomes.ts';

export interface Outcome {
  /** Its place in the request. */
  index: number;
  unit: string;
  metric: string;
  identifier: string;
  revision: number;
  value: number;
  /** null = now, on database time. */
  at: Date | null;
}

/**
 * Stores outcomes of one agent and attaches them to its rollouts, in one transaction. A higher revision replaces; an equal one with the same
 * value is a duplicate, with another value a conflict; a lower one came late and is a duplicate too. An outcome of a unit that was
 * never exposed is kept, unattributed.
 */
export async function storeOutcomes(
  db: Store,
  input: { agentId: string; outcomes: readonly Outcome[] },
): Promise<OutcomesAnswer> {
  const { agentId } = input;
  const answer: OutcomesAnswer = { accepted: 0, duplicates: 0, rejected: [] };
  // Twice in one request is decided here: one statement cannot write a row twice.
  const newest = new Map<string, Outcome>();
  for (const outcome of input.outcomes) {
    const key = JSON.stringify([outcome.unit, outcome.metric, outcome.identifier]);
    const other = newest.get(key);
    if (!other) newest.set(key, outcome);
    else if (other.revision === outcome.revision && other.value !== outcome.value) {
      answer.rejected.push({ index: outcome.index, reason: conflictOf(outcome, other.value) });
    } else {
      answer.duplicates += 1;
      if (outcome.revision > other.revision) newest.set(key, outcome);
    }
  }
  const rows = [...newest.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  await db.transaction().execute(async (trx) => {
    const { rows: stored } = await sql<{ index: number; written: boolean; value: number; revision: number }>`
      with input as materialized (
        select * from json_to_recordset(${JSON.stringify(rows)}::json) as t(
          index int, unit text, metric text, identifier text, revision int, value float8, at timestamptz)
      ), before as materialized (
        select i.index, o.value, o.revision from input i
        join outcome o on o.agent_id = ${agentId} and o.unit = i.unit and o.metric = i.metric and o.identifier = i.identifier
      ), written as (
        insert into outcome as o (agent_id, unit, metric, identifier, revision, value, at)
        select ${agentId}, unit, metric, identifier, revision, value, coalesce(at, clock_timestamp()) from input
        on conflict (agent_id, unit, metric, identifier) do update
          set revision = excluded.revision, value = excluded.value, at = excluded.at, received_at = clock_timestamp()
          where o.revision < excluded.revision
        returning unit, metric, identifier
      )
      select i.index, w.unit is not null as written, b.value, b.revision
      from input i
      left join written w using (unit, metric, identifier)
      left join before b using (index)`.execute(trx);
    const byIndex = new Map(rows.map((row) => [row.index, row]));
    const changed: string[] = [];
    for (const { index, written, value, revision } of stored) {
      const outcome = byIndex.get(index) as Outcome;
      if (written) {
        answer.accepted += 1;
        changed.push(outcome.unit);
      } else if (revision === outcome.revision && value !== outcome.value) {
        answer.rejected.push({ index, reason: conflictOf(outcome, value) });
      } else {
        answer.duplicates += 1;
      }
    }
    if (changed.length > 0) await attachOutcomes(trx, { agentId, units: changed });
  });
  answer.rejected.sort((a, b) => a.index - b.index);
  return answer;
}

function keyOf({ unit, metric, identifier }: Outcome): string {
  return `${unit}\u0000${metric}\u0000${identifier}`;
}

function conflictOf(outcome: Outcome, value: number): string {
  return `conflict: revision ${outcome.revision} of ${outcome.metric} "${outcome.identifier}" of ${outcome.unit} is ${value} already, found ${outcome.value}; send a higher revision to replace it`;
}
