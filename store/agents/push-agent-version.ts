import canonicalize from 'canonicalize';
import type { AgentConfig } from '../../schema/contracts/agent.ts';
import { newId, sha256 } from '../../schema/ids.ts';
import type { Store } from '../open-database.ts';

/**
 * Adds the next version of an agent (made too, if new). The same content as an earlier version makes none. The first
 * version becomes the production version.
 */
export async function pushAgentVersion(
  trx: Store,
  input: { projectId: string; name: string; config: AgentConfig; createdBy: string },
): Promise<{ name: string; version: number; created: boolean }> {
  await trx
    .insertInto('agent')
    .values({ id: newId('agt'), project_id: input.projectId, name: input.name })
    .onConflict((conflict) => conflict.columns(['project_id', 'name']).doNothing())
    .execute();
  const agent = await trx
    .selectFrom('agent')
    .select(['id', 'production_version'])
    .where('project_id', '=', input.projectId)
    .where('name', '=', input.name)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const contentHash = sha256(canonicalize(input.config) ?? '');
  const same = await trx
    .selectFrom('agent_version')
    .select('version')
    .where('agent_id', '=', agent.id)
    .where('content_hash', '=', contentHash)
    .executeTakeFirst();
  if (same) return { name: input.name, version: same.version, created: false };
  const newest = await trx
    .selectFrom('agent_version')
    .select((eb) => eb.fn.max<number | null>('version').as('version'))
    .where('agent_id', '=', agent.id)
    .executeTakeFirst();
  const version = (newest?.version ?? 0) + 1;
  await trx
    .insertInto('agent_version')
    .values({
      agent_id: agent.id,
      version,
      content_hash: contentHash,
      config: JSON.stringify(input.config),
      created_by: input.createdBy,
    })
    .execute();
  if (agent.production_version === null) {
    await trx.updateTable('agent').set({ production_version: version }).where('id', '=', agent.id).execute();
  }
  return { name: input.name, version, created: true };
}
