import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  condition,
  continueAsNew,
  defineSignal,
  isCancellation,
  proxyActivities,
  rootCause,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { commandSignalName } from './messages.ts';

const options = {
  // A shard of slow calls may take days; every activity heartbeats each second, so that a worker that died is
  // noticed after 5 s, and the rows say where to go on.
  startToCloseTimeout: '30 days',
  heartbeatTimeout: '5s',
  // Everything is safe to run twice, so it is repeated for as long as Postgres is away. Defects end after a few tries
  // (activities/index.ts).
  retry: { initialInterval: '100ms', backoffCoefficient: 1.5, maximumInterval: '5s' },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
} as const;
const { planExperiment, runShard, readIntent, confirmMustPass, settleApproval, failRun } =
  proxyActivities<Activities>(options);
// Judging computes in one go and cannot heartbeat meanwhile: 6 s for 300,000 examples. Taken for dead after 5 s it would
// be begun again for ever.
const { judge } = proxyActivities<Activities>({ ...options, heartbeatTimeout: '60s' });

export const commandSignal = defineSignal(commandSignalName);

/**
 * One experiment from plan to decision. It holds no content and decides nothing: Postgres has the plan, the rows and
 * the commands; this only keeps the right activities going.
 */
export async function experiment({ runId }: { runId: string }): Promise<void> {
  try {
    await runExperiment(runId);
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    const message = rootCause(error) ?? error.message;
    // What an error meant for the user says to do travels in its details (activities/index.ts).
    const advice = error.cause instanceof ApplicationFailure ? error.cause.details?.[0] : undefined;
    const fix = typeof advice === 'string' ? advice : 'This is a defect or a broken installation: see the worker log.';
    await failRun({ runId, message, fix });
  }
}

async function runExperiment(runId: string): Promise<void> {
  let commands = 0;
  setHandler(commandSignal, () => {
    commands += 1;
  });

  /** Waits while the run is paused. @returns false when it was aborted. */
  const mayGoOn = async (): Promise<boolean> => {
    for (;;) {
      const seen = commands;
      const { intent } = await readIntent({ runId });
      if (intent === 'abort') return false;
      if (intent === 'run') return true;
      await condition(() => commands > seen);
    }
  };

  /** Waits until persons have decided or their time is over. Both happen in Postgres; this only looks again. */
  const awaitPersons = async (): Promise<void> => {
    for (;;) {
      const seen = commands;
      const { waitMs } = await settleApproval({ runId });
      if (waitMs === null) return;
      await condition(() => commands > seen, waitMs);
    }
  };

  const plan = await planExperiment({ runId });
  if (plan.shards === null) return;

  const waiting = [...plan.shards];
  let ended = false;
  let full = false;
  /** The budget is used up: no new shard, and the verdict on what there is. */
  let spent = false;
  /** One place in the window: runs one shard after the other with its lanes. */
  const place = async (lanes: number): Promise<void> => {
    while (!ended && !full && !spent) {
      const shard = waiting.shift();
      if (shard === undefined) return;
      const result = await runShard({ runId, shard, lanes });
      full ||= workflowInfo().continueAsNewSuggested;
      if (result.outcome === 'finished') continue;
      waiting.unshift(shard);
      if (result.outcome === 'over_budget') {
        spent = true;
      } else if (result.outcome === 'unreachable') {
        ended = true;
        await failRun({
          runId,
          message: result.message ?? '',
          fix: `Start the agent, then go on: \`sluice run retry ${runId}\`.`,
        });
      } else if (!(await mayGoOn())) {
        ended = true;
      }
    }
  };
  await Promise.all(plan.lanes.map(place));
  if (ended) return;
  if (waiting.length > 0 && !spent) return continueAsNew<typeof experiment>({ runId });
  // A pause that came with the last trial holds the verdict back too.
  while (await mayGoOn()) {
    // Of what the plan said, not of `patched`: a history from before has no such word in it and replays as it was.
    if (plan.confirms && (await confirmMustPass({ runId })).outcome === 'stopped') continue;
    const judged = await judge({ runId });
    if (judged.awaiting) return awaitPersons();
    if (!judged.held) return;
  }
}
