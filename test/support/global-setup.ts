import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { readConfig } from '../../config/read-config.ts';
import { freePort } from '../../local/free-port.ts';
import { postgresAccount } from '../../local/postgres-account.ts';
import { postgresBinaries } from '../../local/postgres-binaries.ts';
import { postgresChild, postgresUrl } from '../../local/postgres-child.ts';
import { createCluster } from '../../local/prepare-postgres.ts';
import { silentReporter } from '../../local/reporter.ts';
import { resolveTemporal } from '../../local/resolve-temporal.ts';
import { temporalChild } from '../../local/temporal-child.ts';
import { migrate } from '../../store/migrate.ts';
import { workflowBundleFile } from '../../worker/workflow-bundle.ts';
import { asAdmin } from './as-admin.ts';
import { startServer, type TestServer, tieToThisProcess } from './test-server.ts';

/** What the test files get of it, by `inject`. */
declare module 'vitest' {
  interface ProvidedContext {
    /** A migrated database to clone; nobody may be connected to it meanwhile. */
    postgresUrl: string;
    temporalAddress: string;
    /** Where compiled workflows and binaries are kept between runs. */
    cacheDir: string;
  }
}

/**
 * Starts what the project `real` needs, once for the whole run: an embedded PostgreSQL with a migrated template
 * database, a Temporal server, and the compiled workflow bundle. They are the tests' own: DATABASE_URL and
 * TEMPORAL_ADDRESS of the environment are not used (vitest.config.ts empties them for the tests as well).
 */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const config = readConfig({ ...process.env, DATABASE_URL: undefined, TEMPORAL_ADDRESS: undefined });
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  chmodSync(folder, 0o755);
  const servers: TestServer[] = [];
  let untie = () => {};
  let databaseUrl: string | null = null;
  const tearDown = async () => {
    const kept = databaseUrl === null ? [] : await keptDatabases(databaseUrl);
    await Promise.all(servers.map((server) => server.stop()));
    untie();
    if (kept.length === 0) rmSync(folder, { recursive: true, force: true });
    else console.log(`${join(folder, 'postgres')} keeps the databases of failed tests: ${kept.join(', ')}`);
  };
  try {
    const [postgres, temporal] = await Promise.all([
      preparePostgres(folder, config.searchPath),
      prepareTemporal(folder, config),
    ]);
    const started = await Promise.allSettled([
      startServer(postgres.child, folder),
      startServer(temporal.child, folder),
    ]);
    for (const one of started) if (one.status === 'fulfilled') servers.push(one.value);
    for (const one of started) if (one.status === 'rejected') throw one.reason;
    untie = tieToThisProcess(servers);
    databaseUrl = postgres.url;
    await Promise.all([migrate({ databaseUrl: postgres.url }), workflowBundleFile(config.cacheDir)]);
    project.provide('postgresUrl', postgres.url);
    project.provide('temporalAddress', temporal.address);
    project.provide('cacheDir', config.cacheDir);
    return tearDown;
  } catch (error) {
    await tearDown();
    throw error;
  }
}

async function preparePostgres(parent: string, searchPath: readonly string[]) {
  const folder = join(parent, 'postgres');
  const binaries = await postgresBinaries();
  const account = postgresAccount({ folder, postgres: binaries.postgres, searchPath });
  const password = randomBytes(18).toString('base64url');
  await createCluster({ folder, binaries, account, password });
  const port = await freePort();
  const child = postgresChild({ folder, port, password, binaries, account });
  // The data is thrown away after the run: nothing has to survive a power failure.
  const careless = ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off'];
  return {
    url: postgresUrl(port, password),
    child: { ...child, args: [...child.args, ...careless.flatMap((setting) => ['-c', setting])] },
  };
}

async function prepareTemporal(folder: string, config: ReturnType<typeof readConfig>) {
  const { path: binary } = await resolveTemporal({
    cliPath: config.temporalCliPath,
    searchPath: config.searchPath,
    cacheDir: config.cacheDir,
    hasProxy: config.hasProxy,
    report: { ...silentReporter, step: announce },
    interrupted: new AbortController().signal,
  });
  const port = await freePort();
  const child = temporalChild({ binary, dataDir: folder, port });
  // A quarter of the default, so that a test reaches it in seconds.
  const settings = ['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=1000'];
  return { address: `127.0.0.1:${port}`, child: { ...child, args: [...child.args, ...settings] } };
}

/** Names of the databases that failed tests left behind. */
async function keptDatabases(templateUrl: string): Promise<string[]> {
  const [result] = await asAdmin(templateUrl, `select datname from pg_database where datname like 'failed_%'`);
  return (result?.rows ?? []).map((row: { datname: string }) => row.datname);
}

/** Building Temporal takes minutes, once: whoever waits should know for what. */
function announce(title: string) {
  console.log(title);
  return { update: () => {}, done: () => {}, fail: () => {} };
}
