import { endScoring } from '../store/scoring/end-scoring.ts';
import type { ActivityDependencies } from './dependencies.ts';

/** Ends a scoring that cannot go on. The run and the scores that are there stay as they are. */
export async function failScoring(
  { db }: ActivityDependencies,
  { scoringId, message, fix }: { scoringId: string; message: string; fix: string },
): Promise<void> {
  await endScoring(db, scoringId, { error: { message, fix } });
}
