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
  /** Judgements under way, by key: control and candidate often say the same, and are judged at the same time. */
  underWay: Map<string, Promise<ScoreOfTrial>>;
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
  const kept = await keptJudgement(means, cacheKey);
  if (kept) {
    const { score, label, explanation } = kept;
    const detail = { ...kept.detail, cached: true };
    const blank = scoreOf(versionId, evaluator, { score: null });
    return { ...blank, annotatorKind, score, label, explanation, detail, trialId, cacheKey: null };
  }
  const asked = ask().finally(() => means.underWay.delete(cacheKey));
  means.underWay.set(cacheKey, asked);
  return asked;
}

/** What the judge said of equal content before, or is about to say of it. */
async function keptJudgement({ db, projectId, underWay }: JudgeMeans, key: string): Promise<KeptJudgement | null> {
  const kept = (await underWay.get(key)) ?? (await findJudgement(db, projectId, key)) ?? (await underWay.get(key));
  return kept && !('error' in kept && kept.error !== null) ? kept : null;
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
