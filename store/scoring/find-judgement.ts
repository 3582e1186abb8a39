import type { Json } from '../../schema/contracts/json.ts';
import type { Store } from '../open-database.ts';

export interface KeptJudgement {
  score: number | null;
  label: string | null;
  explanation: string | null;
  detail: Record<string, Json> | null;
}

/** What the same judge said of the same content before, or null. */
export async function findJudgement(db: Store, projectId: string, key: string): Promise<KeptJudgement | null> {
  const row = await db
    .selectFrom('judgement_cache')
    .select(['score', 'label', 'explanation', 'detail'])
    .where('project_id', '=', projectId)
    .where('key', '=', key)
    .executeTakeFirst();
  return row ? { ...row, detail: row.detail as KeptJudgement['detail'] } : null;
}
