import { sql } from 'kysely';
import type { TrafficSplit } from '../../schema/contracts/traffic.ts';
import type { Store } from '../open-database.ts';

/** How long a split with a rollout may be used without word of its workflow. */
export const leaseMs = 60_000;

/**
 * Changes an agent's traffic: the next revision, kept for ever beside the one in force, told to every data plane when the transaction
 * commits. Changes of one agent wait for each other.
 * @returns the revision
 */
export async function setTraffic(
  trx: Store,
  input: {
    projectId: string;
    split: Omit<TrafficSplit, 'revision'>;
    stage: number | null;
    stratum: number | null;
  },
): Promise<number> {
  const { split, stage, stratum } = input;
  const { agentId } = split;
  await sql`select pg_advisory_xact_lock(hashtextextended(${`traffic:${agentId}`}, 0))`.execute(trx);
  const before = await trx
    .selectFrom('traffic_revision')
    .select((eb) => eb.fn.max<number | null>('revision').as('revision'))
    .where('agent_id', '=', agentId)
    .executeTakeFirst();
  const revision = (before?.revision ?? 0) + 1;
  const content = JSON.stringify({ ...split, revision } satisfies TrafficSplit);
  const leaseUntil =
    split.seed === null ? null : sql<Date>`clock_timestamp() + make_interval(secs => ${leaseMs / 1000})`;
  const row = { split: content, revision, run_id: split.runId, stage, stratum };
  await trx
    .insertInto('traffic_revision')
    .values({ agent_id: agentId, ...row })
    .execute();
  await trx
    .insertInto('traffic')
    .values({ agent_id: agentId, project_id: input.projectId, ...row, lease_until: leaseUntil })
    .onConflict((conflict) =>
      conflict
        .column('agent_id')
        .doUpdateSet({ ...row, lease_until: leaseUntil, changed_at: sql`clock_timestamp()` })
        .where('traffic.revision', '<', revision),
    )
    .execute();
  await sql`select pg_notify('sluice_traffic', ${agentId})`.execute(trx);
  return revision;
}
