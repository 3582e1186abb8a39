import type { EvaluatorConfig } from '../../schema/contracts/evaluator.ts';
import type { Store } from '../open-database.ts';
import { pushEvaluatorVersion } from './push-evaluator-version.ts';

/** The version of an evaluator with exactly this configuration; the next version is made when there is none. */
export async function ensureEvaluatorVersion(
  db: Store,
  input: { projectId: string; config: EvaluatorConfig; createdBy?: string },
): Promise<{ versionId: string; version: number }> {
  const { versionId, version } = await pushEvaluatorVersion(db, { createdBy: null, ...input });
  return { versionId, version };
}
