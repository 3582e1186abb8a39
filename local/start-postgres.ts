import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../config/read-config.ts';
import { SluiceError } from '../schema/errors.ts';
import { freePort } from './free-port.ts';
import { postgresAccount } from './postgres-account.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { postgresChild, postgresUrl } from './postgres-child.ts';
import { postgresProblem } from './postgres-ready.ts';
import { runningPostmaster } from './postmaster.ts';
import { clusterExists, createCluster, resetPassword } from './prepare-postgres.ts';
import type { Reporter } from './reporter.ts';
import { stopProcess } from './stop-process.ts';
import { stopRules } from './stop-rules.ts';
import type { Supervisor } from './supervisor.ts';
import type { SupervisorState } from './supervisor-state.ts';

/** What the start of an engine needs. */
export interface StartEngineOptions {
  readonly config: Config;
  readonly dataDir: string;
  /** Ports and password of an earlier start; completed here. */
  readonly state: SupervisorState;
  readonly supervisor: Supervisor;
  readonly report: Reporter;
  readonly interrupted: AbortSignal;
}

/** How an engine came to be there. */
export type EngineStart = 'external' | 'adopted' | 'started';

export interface StartedPostgres {
  readonly name: 'postgres';
  readonly how: EngineStart;
  readonly databaseUrl: string;
}

const patienceMs = 3_000;

/** Brings up the embedded PostgreSQL, or makes sure that the one in `DATABASE_URL` answers. */
export async function startPostgres(options: StartEngineOptions): Promise<StartedPostgres> {
  const { config, dataDir, state, supervisor, report, interrupted } = options;
  if (config.databaseUrl !== undefined) {
    await reachExternal(config.databaseUrl, interrupted);
    report.line('PostgreSQL: using the one in DATABASE_URL');
    return { name: 'postgres', how: 'external', databaseUrl: config.databaseUrl };
  }

  const folder = join(dataDir, 'postgres');
  const binaries = await postgresBinaries();
  const account = postgresAccount({ folder, postgres: binaries.postgres, searchPath: config.searchPath });
  const exists = clusterExists(folder, binaries);
  const step = report.step(exists ? 'starting PostgreSQL' : 'creating the PostgreSQL database');
  try {
    const orphan = supervisor.orphan('postgres');
    const stray = runningPostmaster(folder);
    // Started by a supervisor that was killed before it could write that down.
    if (stray && stray.pid !== orphan?.pid) await stopProcess(stray, stopRules.postgres);

    const passwordKnown = state.postgresPassword !== '';
    if (!passwordKnown) state.postgresPassword = randomBytes(18).toString('base64url');
    const cluster = { folder, binaries, account, password: state.postgresPassword };
    if (!exists) await createCluster(cluster);
    else if (!passwordKnown) await resetPassword(cluster);
    interrupted.throwIfAborted();

    const port = orphan?.port ?? (await freePort(state.postgresPort ?? undefined));
    state.postgresPort = port;
    step.update('starting PostgreSQL');
    const how = await supervisor.run(postgresChild({ ...cluster, port }), interrupted);
    step.done(
      `PostgreSQL ${binaries.version.split('-')[0]} ${how === 'adopted' ? 'found running' : 'ready'} on 127.0.0.1:${port}`,
    );
    return { name: 'postgres', how, databaseUrl: postgresUrl(port, state.postgresPassword) };
  } catch (error) {
    step.fail();
    throw error;
  }
}

async function reachExternal(databaseUrl: string, interrupted: AbortSignal): Promise<void> {
  const deadline = Date.now() + patienceMs;
  let problem: string | undefined;
  do {
    problem = await postgresProblem(databaseUrl);
    if (problem === undefined) return;
    await delay(500, undefined, { signal: interrupted });
  } while (Date.now() < deadline);
  const { hostname, port, pathname } = new URL(databaseUrl);
  throw new SluiceError({
    code: 'unavailable',
    message: `PostgreSQL in DATABASE_URL (${hostname}:${port || 5432}${pathname}): ${problem}; expected an answer within ${patienceMs / 1000} s`,
    fix: 'check that it runs and that the URL is right, or unset DATABASE_URL to use the embedded one',
  });
}
