import type { Store } from '../../store/open-database.ts';
import { type AnswerToScore, loadAnswersToScore } from '../../store/scoring/load-answers-to-score.ts';
import { measureAnswers } from '../../store/scoring/measure-answers.ts';

/** Most that is in memory of one shard at a time. */
const pageTrials = 1_000;
const pageBytes = 8_388_608;

/** The answers of a range of examples, in plan order, read in pages of bounded size. */
export async function* answersOf(
  db: Store,
  range: { runId: string; variants: string[]; versions: string[]; fromOrdinal: number; toOrdinal: number },
): AsyncGenerator<AnswerToScore[]> {
  const sizes = await measureAnswers(db, range);
  for (let first = 0; first < sizes.length; ) {
    let trials = 0;
    let bytes = 0;
    let next = first;
    for (; next < sizes.length; next += 1) {
      const size = sizes[next] as (typeof sizes)[number];
      if (next > first && (trials + size.trials > pageTrials || bytes + size.bytes > pageBytes)) break;
      trials += size.trials;
      bytes += size.bytes;
    }
    const fromOrdinal = (sizes[first] as (typeof sizes)[number]).ordinal;
    const toOrdinal = (sizes[next - 1] as (typeof sizes)[number]).ordinal + 1;
    yield await loadAnswersToScore(db, { ...range, fromOrdinal, toOrdinal });
    first = next;
  }
}
