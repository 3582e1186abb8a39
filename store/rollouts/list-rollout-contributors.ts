import type { Contributor } from '../../schema/contracts/approval.ts';
import type { Store } from '../open-database.ts';
import { readRollout } from './read-rollout.ts';

/** Who made the candidates of a rollout: they approve no use of them. */
export async function listRolloutContributors(db: Store, runId: string): Promise<Contributor[]> {
  const { plan } = await readRollout(db, runId);
  const versions = plan.candidates.map(({ version }) => version);
  const rows = await db
    .selectFrom('agent_version')
    .select(['version', 'created_by as actor'])
    .where('agent_id', '=', plan.agent.id)
    .where('version', 'in', versions)
    .orderBy('version')
    .execute();
  return rows.map(({ version, actor }) => ({ actor, did: `pushed agent ${plan.agent.name}@${version}` }));
}
