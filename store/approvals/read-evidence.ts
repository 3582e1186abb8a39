import type { ComparisonResult, CriterionResult, RunCounts } from '../../schema/contracts/result.ts';
import type { Store } from '../open-database.ts';

/** What a person reads of frozen evidence. */
export interface ReadableEvidence {
  reasons: string[];
  warnings: string[];
  counts: RunCounts | null;
  criteria: CriterionResult[];
  comparisons: ComparisonResult[];
}

/** Frozen evidence by id, without its digests. */
export async function readEvidence(db: Store, evidenceId: string): Promise<ReadableEvidence> {
  const { content } = await db
    .selectFrom('evidence')
    .select('content')
    .where('id', '=', evidenceId)
    .executeTakeFirstOrThrow();
  // That of a rollout is a look, with its reasons.
  const frozen = content as unknown as Partial<ReadableEvidence> & { look?: { reasons?: string[] } };
  return {
    reasons: frozen.reasons ?? frozen.look?.reasons ?? [],
    warnings: frozen.warnings ?? [],
    counts: frozen.counts ?? null,
    criteria: frozen.criteria ?? [],
    comparisons: frozen.comparisons ?? [],
  };
}
