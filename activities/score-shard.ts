import { isLaneEvaluator } from '../schema/contracts/evaluator.ts';
import { type BegunScoreShard, beginScoreShard } from '../store/scoring/begin-score-shard.ts';
import { endScoreShard } from '../store/scoring/end-score-shard.ts';
import type { AnswerToScore } from '../store/scoring/load-answers-to-score.ts';
import { readScoreOrders } from '../store/scoring/read-score-orders.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { ShardControl } from './lanes/shard-control.ts';
import { answersOf } from './scoring/answers-of.ts';
import { type JudgeMeans, judgeAnswer } from './scoring/judge-answer.ts';
import { judgeCaller } from './scoring/judge-caller.ts';
import { ScoreWriter } from './scoring/score-writer.ts';

export interface ScoreShardInput {
  scoringId: string;
  shard: number;
  lanes: number;
}

/** `finished`: every answer has its scores. Otherwise why the lanes stopped before that; it may be run again. */
export interface ScoreShardOutput {
  outcome: 'finished' | 'paused' | 'aborted' | 'superseded' | 'over_budget';
}

/** Scores of code that may wait for their commit: made again after a crash, they cost nothing. */
const uncommitted = 2_000;

/**
 * Scores the answers of a shard's examples, in `lanes` lanes. Only what has no row yet is judged. A judge that calls
 * something is asked again by a lane when its last judgement is committed, so that a crash repeats one call for each lane.
 */
export async function scoreShard(
  dependencies: ActivityDependencies,
  input: ScoreShardInput,
): Promise<ScoreShardOutput> {
  const { db, budgets } = dependencies;
  const begun = await beginScoreShard(db, input);
  if (!begun) return { outcome: 'finished' };
  const { scoring } = begun;

  const control = new ShardControl({ fence: begun.fence, intent: scoring.intent }, () =>
    readScoreOrders(db, input.scoringId, input.shard),
  );
  // Judges attached to a run that has ended cost what they cost: its budget is that of the run.
  const heedBudget = async () => {
    if (scoring.kind !== 'plan') return;
    if (await budgets.isSpent(scoring.runId, scoring.plan)) control.end({ outcome: 'over_budget' });
  };

  try {
    await heedBudget();
    const writer = new ScoreWriter(dependencies.pool, { ...input, projectId: scoring.projectId });
    const judges = await judgesOf(dependencies, begun, { signal: control.signal, cut: control.cut });
    const isCode = ({ planned }: JudgeMeans) => isLaneEvaluator(planned.config);

    const means = { lanes: input.lanes, signal: control.signal };
    await inLanes(db, begun, { ...means, judges: judges.filter(isCode) }, async (pairs) => {
      const waiting: Promise<void>[] = [];
      for (let next = pairs(); next && !control.ended; next = pairs()) {
        const score = await judgeAnswer(next.answer, next.judge);
        waiting.push(writer.commit(score).then((orders) => control.heed(orders)));
        // Later failures of these show in the wait below.
        waiting.at(-1)?.catch(() => {});
        if (waiting.length * input.lanes >= uncommitted) await Promise.all(waiting.splice(0));
      }
      await Promise.all(waiting);
    });

    const callers = judges.filter((judge) => !isCode(judge));
    await inLanes(db, begun, { ...means, judges: callers }, async (pairs) => {
      for (let next = pairs(); next && !control.ended; next = pairs()) {
        const score = await judgeAnswer(next.answer, next.judge);
        // A call that was given up because the lanes stop says nothing of the answer: it is judged again later.
        if (control.signal.aborted && score.error !== null) return;
        control.heed(await writer.commit(score));
        if (scoring.kind === 'plan') budgets.note(scoring.runId, score.costUsd);
        await heedBudget();
      }
    });

    const { ended } = control;
    await endScoreShard(db, { ...input, fence: begun.fence, finished: ended === null });
    if (ended) control.throwIfCancelled();
    return ended ?? { outcome: 'finished' };
  } finally {
    control.close();
  }
}

async function judgesOf(
  dependencies: ActivityDependencies,
  { scoring }: BegunScoreShard,
  signals: { signal: AbortSignal; cut: AbortSignal },
): Promise<JudgeMeans[]> {
  const functions = await dependencies.loadFunctions();
  const media = dependencies.media.of(scoring.projectId);
  const callAgent = judgeCaller(dependencies, { functions, media, ...signals });
  return scoring.evaluators.map((planned) => ({
    db: dependencies.db,
    projectId: scoring.projectId,
    planned,
    evaluator: dependencies.evaluatorFor(planned.config, functions, callAgent),
    said: new Map(),
  }));
}

type NextPair = () => { answer: AnswerToScore; judge: JudgeMeans } | null;

/** Goes through all answers page by page, several lanes at once; each takes the next (answer, judge) without a score. */
async function inLanes(
  db: ActivityDependencies['db'],
  { scoring, fromOrdinal, toOrdinal }: BegunScoreShard,
  { lanes, judges, signal }: { lanes: number; judges: JudgeMeans[]; signal: AbortSignal },
  lane: (next: NextPair) => Promise<void>,
): Promise<void> {
  if (judges.length === 0) return;
  const pages = answersOf(db, {
    runId: scoring.runId,
    variants: scoring.plan.variants.map(({ name }) => name),
    versions: judges.map(({ planned }) => planned.versionId),
    fromOrdinal,
    toOrdinal,
  });
  for await (const page of pages) {
    if (signal.aborted) return;
    const pairs = pairsOf(page, judges);
    const next: NextPair = () => pairs.next().value ?? null;
    const ended = await Promise.allSettled(Array.from({ length: lanes }, () => lane(next)));
    for (const one of ended) if (one.status === 'rejected') throw one.reason;
  }
}

function* pairsOf(
  page: AnswerToScore[],
  judges: JudgeMeans[],
): Generator<{ answer: AnswerToScore; judge: JudgeMeans }, null> {
  for (const answer of page) {
    for (const judge of judges) {
      if (!answer.scoredBy.includes(judge.planned.versionId)) yield { answer, judge };
    }
  }
  return null;
}
