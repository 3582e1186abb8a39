import type { EvaluatorConfig } from '../../schema/contracts/evaluator.ts';
import { suggest } from '../../schema/contracts/parse-input.ts';
import { SluiceError } from '../../schema/errors.ts';
import type { Store } from '../open-database.ts';

/** A stored evaluator's version by number, or the newest. @throws {SluiceError} not_found */
export async function findEvaluatorVersion(
  db: Store,
  input: { projectId: string; name: string; version: number | 'latest' },
): Promise<{ versionId: string; version: number; config: EvaluatorConfig }> {
  const rows = await db
    .selectFrom('evaluator_version')
    .select(['id', 'version', 'config'])
    .where('project_id', '=', input.projectId)
    .where('name', '=', input.name)
    .orderBy('version', 'desc')
    .execute();
  if (rows.length === 0) {
    const names = await db
      .selectFrom('evaluator_version')
      .select('name')
      .distinct()
      .where('project_id', '=', input.projectId)
      .orderBy('name')
      .execute();
    const known = names.map((row) => row.name);
    throw new SluiceError({
      code: 'not_found',
      message: `there is no evaluator "${input.name}"${suggest(input.name, known)}`,
      fix: 'Push it: `sluice evaluator push FILE`, with `evaluator: NAME` in the file.',
    });
  }
  const found = input.version === 'latest' ? rows[0] : rows.find((row) => row.version === input.version);
  if (!found) {
    const versions = rows.map((row) => row.version).reverse();
    throw new SluiceError({
      code: 'not_found',
      message: `evaluator ${input.name} has no version ${input.version}; it has ${versions.join(', ')}`,
      fix: 'Use one of these, or push the version first: `sluice evaluator push FILE`.',
    });
  }
  return { versionId: found.id, version: found.version, config: found.config };
}
