import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { activityOptions } from './activity-options.ts';

const { planScoring, scoreShard } = proxyActivities<Activities>(activityOptions);

/**
 * Runs the score shards that are left, as many at once as the run's concurrency says.
 *
 * - `finished`: nothing is left, or nothing that the budget allows
 * - `stopped`: by a pause or an abort; to be run again when the run goes on
 * - `full`: the history is long enough; to be run again in the next one
 * - `refused`: it cannot start, as its row says
 */
export async function runScoreShards(
  input: { runId: string } | { scoringId: string },
): Promise<'finished' | 'stopped' | 'full' | 'refused'> {
  const { scoringId, shards, lanes } = await planScoring(input);
  if (shards === null) return 'refused';
  const waiting = [...shards];
  let stopped = false;
  let spent = false;
  let full = false;
  const place = async (width: number): Promise<void> => {
    while (!stopped && !spent && !full) {
      const shard = waiting.shift();
      if (shard === undefined) return;
      const { outcome } = await scoreShard({ scoringId, shard, lanes: width });
      full ||= workflowInfo().continueAsNewSuggested;
      if (outcome === 'finished') continue;
      waiting.unshift(shard);
      if (outcome === 'over_budget') spent = true;
      else stopped = true;
    }
  };
  await Promise.all(lanes.map(place));
  if (stopped) return 'stopped';
  return waiting.length > 0 && !spent ? 'full' : 'finished';
}
