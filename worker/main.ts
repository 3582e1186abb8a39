import { hostname } from 'node:os';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createActivities } from '../activities/index.ts';
import { TrialWriter } from '../activities/lanes/trial-writer.ts';
import { BudgetWatch } from '../activities/limits/budget-watch.ts';
import { UnreachableStreaks } from '../activities/limits/unreachable-streaks.ts';
import { MediaLibrary } from '../activities/media/media-library.ts';
import { createAttachmentStore } from '../store/attachments/create-attachment-store.ts';
import { s3Objects } from '../store/attachments/s3-objects.ts';
import { openDatabase } from '../store/open-database.ts';
import { taskQueue } from '../workflows/messages.ts';
import { createAdapters } from './adapters.ts';
import { createFunctionLoader } from './load-functions.ts';
import { outliveStrayRejections } from './outlive-stray-rejections.ts';
import type { WorkerConfig } from './worker-config.ts';
import { workflowBundleFile } from './workflow-bundle.ts';

/** Media kept between calls, as base64. */
const mediaCacheBytes = 67_108_864;

/** Runs a Temporal worker until `signal` aborts: takes nothing new, lets calls in flight end, closes. */
export async function runWorker(config: WorkerConfig, signal: AbortSignal): Promise<void> {
  installRuntime();
  outliveStrayRejections();
  const connection = await connect(config, signal);
  const { db, pool, close } = openDatabase({ databaseUrl: config.databaseUrl, connections: 10, name: 'sluice-worker' });
  const identity = `${hostname()}/${process.pid}`;
  const adapters = createAdapters({ db, identity, ...config });
  try {
    const worker = await Worker.create({
      connection,
      namespace: config.temporalNamespace,
      taskQueue,
      identity,
      workflowBundle: { codePath: await workflowBundleFile(config.cacheDir) },
      activities: createActivities({
        db,
        pool,
        writer: new TrialWriter(pool),
        budgets: new BudgetWatch(db),
        streaks: new UnreachableStreaks(),
        media: new MediaLibrary(createAttachmentStore(db, config.attachments ? s3Objects(config.attachments) : null), {
          cacheBytes: mediaCacheBytes,
        }),
        loadFunctions: createFunctionLoader(config.functionsFile),
        ...adapters,
      }),
      maxConcurrentActivityTaskExecutions: 64,
      maxCachedWorkflows: 200,
      // A workflow whose worker died is picked up by another one after this long.
      stickyQueueScheduleToStartTimeout: '3s',
      maxHeartbeatThrottleInterval: '1s',
      defaultHeartbeatThrottleInterval: '1s',
      shutdownGraceTime: config.shutdownGraceMs,
      shutdownForceTime: config.shutdownGraceMs + 10_000,
    });
    // Also when it is to stop already: only a worker that ran lets go of its connection.
    const running = worker.run();
    const stop = () => worker.shutdown();
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    config.onReady?.();
    await running.finally(() => signal.removeEventListener('abort', stop));
  } finally {
    await adapters.close();
    await connection.close();
    await close();
  }
}

let runtimeInstalled = false;

/** The SDK's engine is one per process, however many workers run in it; it keeps these options for good. */
export function installRuntime(): void {
  if (runtimeInstalled) return;
  Runtime.install({ logger: new DefaultLogger('WARN'), shutdownSignals: [] });
  runtimeInstalled = true;
}

/** Connects, waiting for a server that is starting. */
async function connect(config: WorkerConfig, signal: AbortSignal): Promise<NativeConnection> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await NativeConnection.connect(config.temporalConnection);
    } catch (error) {
      if (signal.aborted || tries >= 600) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
