import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import type { Store } from '../../store/open-database.ts';
import type { OutboxMessage } from '../../store/outbox/add-to-outbox.ts';
import { clearOutbox } from '../../store/outbox/clear-outbox.ts';
import { takeFromOutbox } from '../../store/outbox/take-from-outbox.ts';
import { commandSignalName, taskQueue, workflowIdOf, workflowNames } from '../../workflows/messages.ts';

/**
 * Sends what stands in the outbox: at once when told (`now`), and every second for what was left. Safe beside other
 * dispatchers and after a crash: starting twice and signalling twice change nothing.
 */
export function createDispatcher(options: {
  db: Store;
  client: () => Promise<Client>;
  onError?: (error: unknown) => void;
}) {
  let running: Promise<void> | null = null;
  let again = false;

  const run = async () => {
    do {
      again = false;
      await takeFromOutbox(options.db, async (message) => {
        const client = await options.client();
        // The row stays locked meanwhile; a server that is down must not hold it for long.
        await client.withDeadline(Date.now() + 5_000, () => send(client, message));
      }).catch((error) => options.onError?.(error));
    } while (again);
  };
  const now = () => {
    if (running) again = true;
    else
      running = run().finally(() => {
        running = null;
      });
  };
  const sweep = setInterval(now, 1_000);
  const clearing = setInterval(() => void clearOutbox(options.db).catch(() => {}), 3_600_000);
  return {
    now,
    close: async () => {
      clearInterval(sweep);
      clearInterval(clearing);
      await running;
    },
  };
}

async function send(client: Client, message: OutboxMessage): Promise<void> {
  switch (message.topic) {
    case 'start_experiment': {
      const { runId } = message.payload;
      return startOnce(client, 'experiment', runId, { runId });
    }
    case 'start_rollout': {
      const { runId } = message.payload;
      return startOnce(client, 'rollout', runId, { runId });
    }
    case 'continue_experiment':
      return continueOnce(client, message.payload);
    case 'start_scoring': {
      const { scoringId } = message.payload;
      return startOnce(client, 'scoring', scoringId, { scoringId });
    }
    case 'preview_plan': {
      const { previewId } = message.payload;
      return startOnce(client, 'plan', previewId, { previewId });
    }
    case 'signal_run':
      try {
        const workflowId = workflowIdOf(message.payload.kind, message.payload.runId);
        await client.workflow.getHandle(workflowId).signal(commandSignalName);
      } catch (error) {
        // The run is over, or its start stands behind this in the outbox and will read the command by itself.
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
      return;
    default:
      message satisfies never;
  }
}

/** Starts a workflow, unless it was started before. */
async function startOnce(client: Client, kind: keyof typeof workflowNames, id: string, input: object): Promise<void> {
  try {
    await client.workflow.start(workflowNames[kind], {
      ...startOptions(kind, id),
      args: [input],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

/**
 * Starts the workflow of a run that goes on after its end, under the same id. While the one before it is still ending,
 * this throws, so that it is tried again; one that this message started itself is known by its memo. A message that
 * comes once more after the run's end starts a workflow that finds nothing to do.
 */
async function continueOnce(client: Client, { runId, reopened }: { runId: string; reopened: number }): Promise<void> {
  const options = startOptions('experiment', runId);
  try {
    await client.workflow.start(workflowNames.experiment, {
      ...options,
      args: [{ runId }],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      memo: { reopened },
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const { memo } = await client.workflow.getHandle(options.workflowId).describe();
    if (Number(memo?.reopened ?? 0) < reopened) throw error;
  }
}

function startOptions(kind: keyof typeof workflowNames, id: string) {
  return {
    workflowId: workflowIdOf(kind, id),
    taskQueue,
    workflowIdConflictPolicy: 'FAIL',
    // A worker that dies in the middle of a workflow task holds the run up for this long (default: 10 s).
    workflowTaskTimeout: '5s',
    staticSummary: `${kind} ${id}`,
  } as const;
}
