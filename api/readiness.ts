import type { Client } from '@temporalio/client';
import { taskQueue } from '../workflows/messages.ts';

const pollersOfWorkflows = 1;

/**
 * Says what is not ready: Postgres, migrations, Temporal, a worker that polls. Nothing to say = ready. Migrations are
 * looked at until they are done, the rest each time.
 */
export function createReadiness(options: {
  client: () => Promise<Client>;
  namespace: string;
  pendingMigrations: () => Promise<string[]>;
  /** Rejects while Postgres is away. */
  askPostgres: () => Promise<unknown>;
}): () => Promise<string[]> {
  let migrated = false;
  return async () => {
    const problems: string[] = [];
    if (!migrated) {
      const pending = await options.pendingMigrations().catch(() => null);
      if (pending === null) problems.push('Postgres does not answer');
      else if (pending.length > 0) problems.push(`migrations to do: ${pending.join(', ')}`);
      else migrated = true;
    } else if (!(await answersWithin(1_000, options.askPostgres()))) {
      problems.push('Postgres does not answer');
    }
    try {
      const client = await options.client();
      const queue = await client.withDeadline(Date.now() + 1_000, () =>
        client.workflowService.describeTaskQueue({
          namespace: options.namespace,
          taskQueue: { name: taskQueue },
          taskQueueType: pollersOfWorkflows,
        }),
      );
      if (!queue.pollers?.length) problems.push('no worker polls');
    } catch {
      problems.push('Temporal does not answer');
    }
    return problems;
  };
}

async function answersWithin(ms: number, answer: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const answered = answer.then(
    () => true,
    () => false,
  );
  return Promise.race([answered, late]).finally(() => clearTimeout(timer));
}
