import { parentPort, workerData } from 'node:worker_threads';
import { SluiceError } from '../../schema/errors.ts';
import { openDatabase, type Store } from '../../store/open-database.ts';
import { type TaskRequest, type TaskResponse, tasks } from './tasks.ts';

/** The entry of the thread: does what it is asked, one after the other as the requests come. */
const { databaseUrl } = workerData as { databaseUrl: string };
const { db } = openDatabase({ databaseUrl, connections: 2, name: 'sluice-analysis' });

parentPort?.on('message', async ({ number, name, input }: TaskRequest) => {
  const task = tasks[name] as (db: Store, input: unknown) => Promise<unknown>;
  const response: TaskResponse = await task(db, input).then(
    (answer) => ({ number, ok: true, answer }),
    (error: unknown) => ({ number, ok: false, error: describe(error) }),
  );
  parentPort?.postMessage(response);
});

/** Errors lose their class on the way out of a thread. */
function describe(error: unknown): (TaskResponse & { ok: false })['error'] {
  const message = error instanceof Error ? error.message : String(error);
  const code = (error as { code?: unknown } | null)?.code;
  if (error instanceof SluiceError) {
    const { code, fix, details } = error;
    return { sluice: { code, message, fix, details }, message, code };
  }
  return { sluice: null, message, code: typeof code === 'string' ? code : null };
}
