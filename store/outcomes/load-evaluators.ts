import type { EvaluatorConfig } from '../../schema/contracts/evaluator.ts';
import type { Store } from '../open-database.ts';

/** Configurations of evaluator versions, by their ids. */
export async function loadEvaluators(db: Store, versionIds: readonly string[]): Promise<Map<string, EvaluatorConfig>> {
  if (versionIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('evaluator_version')
    .select(['id', 'config'])
    .where('id', 'in', [...versionIds])
    .execute();
  return new Map(rows.map(({ id, config }) => [id, config]));
}
