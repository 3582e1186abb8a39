import { sql } from 'kysely';
import type { RolloutPlanMetric } from '../../schema/contracts/rollout-plan.ts';
import { binOf } from '../../schema/contracts/scale-value.ts';
import type { Store } from '../open-database.ts';
import { untilNotDeadlocked } from '../until-not-deadlocked.ts';
import { addJudgedCost } from './add-judged-cost.ts';
import { addPairs } from './count-shadows.ts';
import type { DueJudgement } from './load-due-judgements.ts';
import { noteValues } from './note-values.ts';
import { writeUnitMetrics } from './write-unit-metrics.ts';
import { noteEvents } from './zero-tolerance-events.ts';

export interface Judgement {
  /** Own unit of the metric; null = the evaluator had nothing to say, or failed. */
  score: number | null;
  /** Of shadow pairs. */
  controlScore: number | null;
  costUsd: number;
  /** Why it failed; null when it did not. */
  error: string | null;
}

/** With pauses of 5 s, 25 s, 2 min and 10 min: an evaluator may be away for a while. */
const mostAttempts = 5;
const retryAfterMs = 5_000;
/** Shares of failures are those of about so many questions: one that works again is soon trusted again. */
const remembered = 200;

/**
 * Keeps what an evaluator said of a live answer, and counts it: a value of the unit, or a pair of a shadow stage. A failure is tried again
 * later, up to five times. Safe to repeat, and when two judged the same the first one counts.
 * @param input.metric null = the plan decides nothing on it.
 */
export async function commitJudgement(
  db: Store,
  input: { runId: string; due: DueJudgement; metric: RolloutPlanMetric | null; judgement: Judgement },
): Promise<void> {
  const { runId, due, metric, judgement } = input;
  const attempts = due.attempts + 1;
  const state = judgement.error === null ? 'scored' : attempts >= mostAttempts ? 'failed' : 'waiting';
  await untilNotDeadlocked(() =>
    db.transaction().execute(async (trx) => {
      const exposure = await trx
        .selectFrom('exposure')
        .select(['variant', 'stratum', 'at'])
        .where('run_id', '=', runId)
        .where('draw', '=', due.draw)
        .where('unit', '=', due.unit)
        .forUpdate()
        .executeTakeFirst();
      const written = await trx
        .updateTable('live_judgement')
        .set({
          state,
          attempts,
          due_at: sql<Date>`clock_timestamp() + make_interval(secs => ${(retryAfterMs * 5 ** (attempts - 1)) / 1_000})`,
          score: judgement.score,
          control_score: judgement.controlScore,
          cost_usd: sql<number>`cost_usd + ${judgement.costUsd}`,
          message: judgement.error,
        })
        .where('run_id', '=', runId)
        .where('kind', '=', due.kind)
        .where('draw', '=', due.draw)
        .where('unit', '=', due.unit)
        .where('metric', '=', due.metric)
        .where('state', '=', 'waiting')
        .where('attempts', '=', due.attempts)
        .returning('unit')
        .executeTakeFirst();
      if (!written) return;
      if (judgement.costUsd > 0) {
        await addJudgedCost(trx, { runId, costUsd: judgement.costUsd });
      }
      if (metric === null) return;
      await countAsked(trx, { runId, metric: metric.name, failed: judgement.error !== null });
      if (judgement.error !== null || judgement.score === null) return;
      const bin = binOf(metric, judgement.score);
      if (due.kind === 'shadow') {
        if (judgement.controlScore === null) return;
        const difference = bin - binOf(metric, judgement.controlScore);
        await addPairs(trx, runId, [{ stage: due.draw, variant: due.variant, metric: metric.name, difference }]);
      } else if (exposure) {
        const { variant, stratum, at } = exposure;
        const closesAt = new Date(at.getTime() + metric.attributionWindowMs);
        const value = {
          draw: due.draw,
          unit: due.unit,
          metric: metric.name,
          variant,
          stratum,
          value: judgement.score,
          bin,
          closesAt,
        };
        await writeUnitMetrics(trx, { runId, values: [value] });
        await noteEvents(trx, { runId, metrics: [metric], values: [value] });
      }
      await noteValues(trx, { runId, metrics: [metric.name] });
    }),
  );
}

/** Counts how often the evaluator was asked, and failed. */
async function countAsked(trx: Store, input: { runId: string; metric: string; failed: boolean }): Promise<void> {
  const failed = input.failed ? 1 : 0;
  await sql`
    insert into metric_freshness as f (run_id, metric, last_value_at, asked, failed)
    values (${input.runId}, ${input.metric}, '-infinity', 1, ${failed})
    on conflict (run_id, metric) do update set
      asked = case when f.asked >= ${remembered} then f.asked / 2 else f.asked end + 1,
      failed = case when f.asked >= ${remembered} then f.failed / 2 else f.failed end + ${failed}`.execute(trx);
}
