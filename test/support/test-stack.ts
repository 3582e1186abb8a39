import { randomBytes } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { afterAll, inject } from 'vitest';
import { runApi } from '../../api/main.ts';
import { createClient, type SluiceClient } from '../../client/create-client.ts';
import { type Role, roles } from '../../schema/contracts/words.ts';
import { createKey } from '../../store/keys/create-key.ts';
import { runTestWorker, type TestWorker } from './run-test-worker.ts';
import { createTestDatabase, noteFailures, type TestDatabase } from './test-database.ts';

export interface TestStack extends TestDatabase {
  /** Of the API. */
  url: string;
  auditKey: string;
  /** A key for each role. */
  keys: Record<Role, string>;
  /** The typed client with the key of an engineer. */
  sluice: SluiceClient;
  /** The same for another role, or with any key. */
  as(roleOrKey: Role | `sl_${string}`): SluiceClient;
  temporal: Client;
  temporalNamespace: string;
  /** A further worker, or one in the place of one that was stopped. */
  startWorker(): Promise<TestWorker>;
  /** Stops all workers as on SIGTERM. */
  stopWorkers(): Promise<void>;
}

/**
 * A Sluice of the test file's own: API and worker in this process, a database and a Temporal namespace on the servers
 * of the run. Closed after the file's last test.
 * @param options.workers Started at once. @default 1
 */
export async function useTestStack(
  options: { workers?: number; secrets?: Record<string, string>; functionsFile?: string } = {},
): Promise<TestStack> {
  const database = await createTestDatabase();
  const { databaseUrl, db } = database;
  const temporalNamespace = `test-${randomBytes(6).toString('hex')}`;
  const connection = await Connection.connect({ address: inject('temporalAddress') });
  await connection.workflowService.registerNamespace({
    namespace: temporalNamespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  const keys = Object.fromEntries(
    await Promise.all(
      roles.map(async (role) => {
        const owner = role === 'ingest' ? { service: role } : { person: role };
        return [role, (await createKey(db, { projectId: 'prj_default', role, ...owner })).apiKey];
      }),
    ),
  ) as Record<Role, string>;
  const auditKey = randomBytes(16).toString('hex');
  const closing = new AbortController();
  const api = await runApi(
    {
      databaseUrl,
      temporalNamespace,
      temporalConnection: { address: inject('temporalAddress') },
      host: '127.0.0.1',
      port: 0,
      auditKey,
      log: false,
    },
    closing.signal,
  );
  const workers = new Set<TestWorker>();
  const startWorker = async () => {
    const worker = await runTestWorker({ databaseUrl, temporalNamespace, ...options });
    const tracked = {
      stop: async () => {
        workers.delete(tracked);
        await worker.stop();
      },
    };
    workers.add(tracked);
    return tracked;
  };
  const stopWorkers = async () => void (await Promise.all([...workers].map((worker) => worker.stop())));
  const as: TestStack['as'] = (key) =>
    createClient({ url: api.url, apiKey: key in keys ? keys[key as Role] : key, retryForMs: 2_000 });
  for (let count = options.workers ?? 1; count > 0; count -= 1) await startWorker();

  const anyFailed = noteFailures();
  afterAll(async () => {
    await stopWorkers();
    closing.abort();
    await api.closed;
    await connection.close();
    await database.drop(anyFailed());
  });
  return {
    ...database,
    url: api.url,
    auditKey,
    keys,
    sluice: as('engineer'),
    as,
    temporal: new Client({ connection, namespace: temporalNamespace }),
    temporalNamespace,
    startWorker,
    stopWorkers,
  };
}
