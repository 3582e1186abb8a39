import type { Store } from '../../store/open-database.ts';
import type { BegunShard } from '../../store/shards/begin-shard.ts';
import { addScores } from '../../store/trials/add-scores.ts';
import { listUnscored } from '../../store/trials/list-unscored.ts';
import type { TrialMeans } from './run-trial.ts';
import { scoreTrial } from './score-trial.ts';

/**
 * Asks the judges of the lanes about answers of a shard that lack their score: those that broke and are asked again.
 * Nobody is called for it.
 */
export async function scoreAgain(
  db: Store,
  input: { runId: string; begun: BegunShard; evaluators: TrialMeans['evaluators']; signal: AbortSignal },
): Promise<void> {
  const { runId, begun, evaluators } = input;
  const examples = new Map(begun.examples.map((example) => [example.ordinal, example]));
  const unscored = await listUnscored(db, {
    runId,
    fromOrdinal: begun.examples[0]?.ordinal ?? 0,
    toOrdinal: begun.examples.at(-1)?.ordinal ?? -1,
    versions: evaluators.map(({ versionId }) => versionId),
  });
  for (const { id, ordinal, output, trajectory, versions } of unscored) {
    const example = examples.get(ordinal);
    if (!example || input.signal.aborted) continue;
    const asked = evaluators.filter(({ versionId }) => versions.includes(versionId));
    await addScores(db, id, await scoreTrial({ output, trajectory: trajectory ?? undefined }, example, asked));
  }
}
