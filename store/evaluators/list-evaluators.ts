import type { EvaluatorConfig } from '../../schema/contracts/evaluator.ts';
import type { Store } from '../open-database.ts';

export interface EvaluatorInfo {
  name: string;
  latestVersion: number;
  /** Of the newest version. */
  type: EvaluatorConfig['type'];
  /** Of the newest version. */
  createdAt: string;
}

/** The project's evaluators by name: pushed ones, and those that specs declared. */
export async function listEvaluators(db: Store, projectId: string): Promise<EvaluatorInfo[]> {
  const rows = await db
    .selectFrom('evaluator_version')
    .select(['name', 'version', 'config', 'created_at'])
    .distinctOn('name')
    .where('project_id', '=', projectId)
    .orderBy('name')
    .orderBy('version', 'desc')
    .execute();
  return rows.map((row) => ({
    name: row.name,
    latestVersion: row.version,
    type: row.config.type,
    createdAt: row.created_at.toISOString(),
  }));
}
