import { sql } from 'kysely';
import type { FewShotRule } from '../../schema/contracts/agent.ts';
import type { Store } from '../open-database.ts';

export interface ShotMeasure {
  /** Examples of the split. */
  examples: number;
  withExpected: number;
  /** Whose input refers to images or recordings. */
  withMedia: number;
  /** Named by the rule, and not among the examples; without an expected value. */
  missingIds: string[];
  unansweredIds: string[];
}

/** Counts what a few-shot rule could choose from, in one look at a dataset version. */
export async function measureShots(db: Store, versionId: string, rule: FewShotRule): Promise<ShotMeasure> {
  const ids = rule.select === 'fixed' ? (rule.ids ?? null) : null;
  const { rows } = await sql<
    Omit<ShotMeasure, 'missingIds' | 'unansweredIds'> & { found: string[]; unanswered: string[] }
  >`
    select count(*)::int as examples, count(r.expected)::int as "withExpected",
      (count(*) filter (where r.input::text like '%"sha256"%'))::int as "withMedia",
      coalesce(array_agg(r.example_id) filter (where r.example_id = any(${ids}::text[])), '{}') as found,
      coalesce(array_agg(r.example_id)
        filter (where r.example_id = any(${ids}::text[]) and r.expected is null), '{}') as unanswered
    from dataset_member m join example_revision r on r.id = m.example_revision_id
    where m.dataset_version_id = ${versionId}
      and (${rule.split ?? null}::text is null or ${rule.split ?? null}::text = any(m.splits))`.execute(db);
  const { found = [], unanswered = [], ...counts } = rows[0] ?? { examples: 0, withExpected: 0, withMedia: 0 };
  return { ...counts, missingIds: (ids ?? []).filter((id) => !found.includes(id)), unansweredIds: unanswered };
}
