import type { Plan } from '../../schema/contracts/plan.ts';
import { SluiceError } from '../../schema/errors.ts';
import type { Store } from '../open-database.ts';

/** A stored gate by name; the newest version when none is named. @throws {SluiceError} not_found */
export async function findGateVersion(
  db: Store,
  input: { projectId: string; name: string; version: number | null },
): Promise<Plan['gate']> {
  let query = db
    .selectFrom('gate_version')
    .select(['version', 'policy'])
    .where('project_id', '=', input.projectId)
    .where('name', '=', input.name)
    .orderBy('version', 'desc')
    .limit(1);
  if (input.version !== null) query = query.where('version', '=', input.version);
  const row = await query.executeTakeFirst();
  if (!row) {
    throw new SluiceError({
      code: 'not_found',
      message: `there is no gate "${input.name}"${input.version === null ? '' : ` version ${input.version}`}`,
      fix: 'Write its criteria into the spec under `gate:`, or push it: `sluice gate push NAME FILE`.',
    });
  }
  return { name: input.name, version: row.version, policy: row.policy };
}
