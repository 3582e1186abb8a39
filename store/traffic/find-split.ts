import type { TrafficSplit } from '../../schema/contracts/traffic.ts';
import type { Store } from '../open-database.ts';

/** An agent's split in force; null while no rollout ever moved its traffic. */
export async function findSplit(db: Store, agentId: string): Promise<TrafficSplit | null> {
  const row = await db.selectFrom('traffic').select('split').where('agent_id', '=', agentId).executeTakeFirst();
  return row?.split ?? null;
}
