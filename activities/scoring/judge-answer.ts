import type { Evaluator, EvaluatorInput, Judged } from '../../schema/contracts/call.ts';
import { annotatorKindOf } from '../../schema/contracts/evaluator.ts';
import type { PlannedEvaluator } from '../../schema/contracts/plan.ts';
import type { Store } from '../../store/open-database.ts';
import type { ScoreOfTrial } from '../../store/scoring/commit-scores.ts';
import { findJudgement, type KeptJudgement } from '../../store/scoring/find-judgement.ts';
import type { AnswerToScore } from '../../store/scoring/load-answers-to-score.ts';
import { scoreOf, scoreOutput } from '../lanes/score-output.ts';
import { judgementKey } from './judgement-key.ts';

export interface JudgeMeans {
  db: Store;
  projectId: string;
  planned: PlannedEvaluator;
  evaluator: Evaluator;
  /** What it said in this shard or is about to, by key: control and candidate often say the same at the same time. */
  said: Map<string, Promise<ScoreOfTrial>>;
}

/** What one judge says of one answer, or said before of equal content: that costs nothing, and its detail says so. */
export async function judgeAnswer(answer: AnswerToScore, means: JudgeMeans): Promise<ScoreOfTrial> {
  const { trialId } = answer;
  const { planned, evaluator } = means;
  const { versionId, config } = planned;
  const annotatorKind = annotatorKindOf(config);
  const given = config.type === 'pairwise' ? withoutAsking(answer) : null;
  if (given) return { ...scoreOf(versionId, evaluator, given), annotatorKind, trialId, cacheKey: null };

  const input: EvaluatorInput = {
    input: answer.input,
    output: answer.output,
    expected: answer.expected,
    metadata: answer.metadata,
    ...(answer.steps === undefined ? {} : { steps: answer.steps }),
    ...(config.type === 'pairwise' && answer.control && 'output' in answer.control ? { control: answer.control } : {}),
  };
  const cacheKey = judgementKey(config, input);
  const ask = async (): Promise<ScoreOfTrial> => {
    const score = await scoreOutput(versionId, evaluator, input);
    return { ...score, annotatorKind, trialId, cacheKey: score.error === null ? cacheKey : null };
  };
  if (cacheKey === null) return ask();
  const again = ({ score, label, explanation, detail }: KeptJudgement): ScoreOfTrial => {
    const blank = { ...scoreOf(versionId, evaluator, { score: null }), annotatorKind, trialId, cacheKey: null };
    return { ...blank, score, label, explanation, detail: { ...detail, cached: true } };
  };
  const saidBefore = means.said.get(cacheKey);
  const earlier = saidBefore && (await saidBefore);
  if (earlier?.error === null) return again(earlier);
  // Known to the other lanes before anything is waited for.
  const saying = findJudgement(means.db, means.projectId, cacheKey).then((kept) => (kept ? again(kept) : ask()));
  means.said.set(cacheKey, saying);
  return saying;
}

/**
 * What a comparison of two answers comes to without both of them: control against itself is even, and wins by default
 * where control failed by its own doing. Null when the judge is to be asked.
 */
function withoutAsking({ variant, control }: AnswerToScore): Judged | null {
  if (variant === 'control') return { score: 0.5, label: 'control' };
  if (control && 'failedBy' in control && control.failedBy === 'agent') {
    return { score: 1, label: 'control_failed', explanation: 'control gave no answer to compare with' };
  }
  return null;
}
