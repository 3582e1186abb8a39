import type { Evaluator } from '../../schema/contracts/call.ts';
import type { ShardExample } from '../../store/shards/begin-shard.ts';
import type { FinishedTrial, NewScore } from '../../store/trials/commit-trials.ts';
import { scoreOutput } from './score-output.ts';

/** What the judges of a lane say of one answer, one after the other. */
export async function scoreTrial(
  { output, trajectory }: Pick<FinishedTrial, 'output' | 'trajectory'>,
  example: ShardExample,
  evaluators: readonly { versionId: string; evaluator: Evaluator }[],
): Promise<NewScore[]> {
  const scores: NewScore[] = [];
  for (const { versionId, evaluator } of evaluators) {
    scores.push(
      await scoreOutput(versionId, evaluator, {
        input: example.input,
        output: output ?? null,
        expected: example.expected,
        metadata: example.metadata,
        ...(trajectory === undefined ? {} : { steps: trajectory }),
      }),
    );
  }
  return scores;
}
