import { isLaneEvaluator } from '../../../schema/contracts/evaluator.ts';
import type { RunProgress, RunResult } from '../../../schema/contracts/result.ts';
import { isFinal } from '../../../schema/contracts/words.ts';
import { countTrials } from '../../../store/runs/count-trials.ts';
import { countPlanScores } from '../../../store/scoring/count-scores.ts';
import type { SignedContext } from '../../context.ts';
import { requireRun } from './require-run.ts';

const everyMs = 250;
/** While it waits for persons nothing moves but by a command, and that tells watchers. */
const whileWaitingMs = 5_000;
/** The rate shown is that of the last seconds. */
const windowMs = 5_000;

/** Progress of a run about four times a second, until it is final; the last update says so. */
export async function* watchRun({
  ctx,
  input,
  signal,
}: {
  ctx: SignedContext;
  input: { id: string };
  signal: AbortSignal | undefined;
}): AsyncGenerator<RunProgress> {
  const samples: { at: number; done: number }[] = [];
  let pauseMs = everyMs;
  for (;;) {
    const change = ctx.nextChange(input.id, pauseMs, signal);
    const run = await requireRun(ctx, input.id);
    pauseMs = run.status === 'awaiting_approval' || run.status === 'paused' ? whileWaitingMs : everyMs;
    const tally = await countTrials(ctx.db, {
      ...run,
      budgeted: run.plan.budget !== null,
      usesCache: run.plan.cache !== undefined,
    });
    const isRollout = run.kind === 'rollout';
    const judges = !isRollout && run.plan.evaluators.some(({ config }) => !isLaneEvaluator(config));
    const now = Date.now();
    const done = tally.counts.succeeded + tally.counts.failed + tally.counts.missing;
    samples.push({ at: now, done });
    while (samples.length > 2 && now - (samples[0]?.at ?? now) > windowMs) samples.shift();
    const first = samples[0] ?? { at: now, done };
    const rate = now > first.at && done > first.done ? ((done - first.done) / (now - first.at)) * 1000 : null;
    const left = tally.counts.planned - done;
    const final = isFinal(run.status);
    yield {
      id: run.id,
      name: run.name,
      status: run.status,
      ...tally,
      done,
      trialsPerSecond: rate,
      ...(judges ? await scoresOf(ctx, run.id) : {}),
      ...(isRollout ? rolloutOf(run.result) : {}),
      etaMs: rate && left > 0 ? (left / rate) * 1000 : null,
      elapsedMs: (run.finished_at?.getTime() ?? now) - (run.started_at ?? run.created_at).getTime() - run.idle_ms,
      final,
    };
    if (final || signal?.aborted) return;
    await change;
  }
}

/** Where a rollout stood at its last look. */
function rolloutOf(result: RunResult | null): Pick<RunProgress, 'rollout'> {
  const { stage = 0, phase = 'requested', share = 0, guardrails = [], reasons = [] } = result ?? {};
  return { rollout: { stage, phase, share, guardrails, headline: reasons[0] ?? null } };
}

async function scoresOf(ctx: SignedContext, runId: string): Promise<{ scored: number; toScore: number }> {
  const { scored, toScore } = await countPlanScores(ctx.db, runId);
  return { scored, toScore };
}
