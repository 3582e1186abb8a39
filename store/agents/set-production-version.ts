import { sql } from 'kysely';
import { SluiceError } from '../../schema/errors.ts';
import type { Store } from '../open-database.ts';
import { findSplit } from '../traffic/find-split.ts';
import { returnToControl } from '../traffic/return-to-control.ts';
import { findAgentVersion } from './find-agent-version.ts';

/**
 * Makes a version the agent's production version: what `version: production` means from here on. Runs that resolved it
 * before keep what they resolved.
 *
 * @throws {SluiceError} not_found
 */
export async function setProductionVersion(
  trx: Store,
  input: { projectId: string; name: string; version: number },
): Promise<{ previous: number | null; changed: boolean }> {
  const { agentId } = await findAgentVersion(trx, input);
  const agent = await trx
    .selectFrom('agent')
    .select('production_version')
    .where('id', '=', agentId)
    .forUpdate()
    .executeTakeFirst();
  if (!agent) throw new SluiceError({ code: 'not_found', message: `there is no agent "${input.name}"` });
  const previous = agent.production_version;
  if (previous === input.version) return { previous, changed: false };
  await trx.updateTable('agent').set({ production_version: input.version }).where('id', '=', agentId).execute();
  await trx.insertInto('production_change').values({ agent_id: agentId, version: input.version, previous }).execute();
  // A rollout that moves the traffic sees the change at its next look; else all units get the version at once.
  const split = await findSplit(trx, agentId);
  if (split !== null && split.runId === null) {
    const { projectId, name: agent, version } = input;
    await returnToControl(trx, { projectId, agentId, agent, version, sessions: 'kill' });
  }
  await sql`select pg_notify('sluice_traffic', ${agentId})`.execute(trx);
  return { previous, changed: true };
}
