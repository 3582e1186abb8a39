import type { AgentConfig } from '../../schema/contracts/agent.ts';
import { suggest } from '../../schema/contracts/parse-input.ts';
import { SluiceError } from '../../schema/errors.ts';
import type { Store } from '../open-database.ts';

/** An agent's version by number, the newest, or the one in production. @throws {SluiceError} not_found */
export async function findAgentVersion(
  db: Store,
  input: { projectId: string; name: string; version: number | 'latest' | 'production' },
): Promise<{ agentId: string; version: number; config: AgentConfig }> {
  const rows = await db
    .selectFrom('agent as a')
    .innerJoin('agent_version as v', 'v.agent_id', 'a.id')
    .select(['a.id', 'a.production_version', 'v.version', 'v.config'])
    .where('a.project_id', '=', input.projectId)
    .where('a.name', '=', input.name)
    .orderBy('v.version', 'desc')
    .execute();
  if (rows.length === 0) {
    const names = await db.selectFrom('agent').select('name').where('project_id', '=', input.projectId).execute();
    throw new SluiceError({
      code: 'not_found',
      message: `there is no agent "${input.name}"${suggest(
        input.name,
        names.map((row) => row.name),
      )}`,
      fix: 'Push it: `sluice agent push FILE`, with `agent: NAME` in the file.',
    });
  }
  const wanted = input.version === 'production' ? rows[0]?.production_version : input.version;
  const found = wanted === 'latest' ? rows[0] : rows.find((row) => row.version === wanted);
  if (!found) {
    throw new SluiceError({
      code: 'not_found',
      message: `agent ${input.name} has no version ${wanted}; it has ${rows
        .map((row) => row.version)
        .reverse()
        .join(', ')}`,
      fix: 'Use one of these, or push the version first: `sluice agent push FILE`.',
    });
  }
  return { agentId: found.id, version: found.version, config: found.config };
}
