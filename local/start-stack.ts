import { randomBytes } from 'node:crypto';
import {
  type Connection,
  readConnectionFile,
  removeConnectionFile,
  writeConnectionFile,
} from '../config/connection-file.ts';
import type { Config } from '../config/read-config.ts';
import { SluiceError } from '../schema/errors.ts';
import { checkDataDir } from './check-data-dir.ts';
import type { ChildRole, ChildSpec } from './child-spec.ts';
import { chooseApiPort } from './choose-api-port.ts';
import { takeLock } from './lock-file.ts';
import type { Reporter } from './reporter.ts';
import { startPostgres } from './start-postgres.ts';
import { type StartedTemporal, startTemporal } from './start-temporal.ts';
import { createSupervisor } from './supervisor.ts';
import { lockFilePath, readSupervisorState, type SupervisorState, writeSupervisorState } from './supervisor-state.ts';

/** Where the engines are, for what is built on them. */
export interface Engines {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  /** False where `TEMPORAL_ADDRESS` names a server of the user's. */
  readonly embeddedTemporal: boolean;
  /** Where the API shall listen. */
  readonly url: string;
  readonly port: number;
  /** Of the person who runs this stack. */
  readonly apiKey: string;
}

export interface StartStackOptions {
  readonly config: Config;
  /** Absolute. */
  readonly dataDir: string;
  /** Of the API; 0 = a free one. */
  readonly port: number;
  readonly report: Reporter;
  /** Fires when the user changed their mind: what was started is ended again. */
  readonly interrupted: AbortSignal;
  /** Runs when Postgres accepts queries, before any service starts (migrations, keys). */
  readonly prepare: (database: Pick<Engines, 'databaseUrl' | 'apiKey'>) => Promise<void>;
  /** The processes on top of the engines: one `api`, any number of `worker`. */
  readonly services: (engines: Engines) => readonly ChildSpec[];
}

export interface Stack {
  readonly kind: 'started';
  readonly url: string;
  readonly startMs: number;
  /** Names of children that were found running and kept. */
  readonly adopted: readonly string[];
  /** Ends everything this supervisor started or adopted, and nothing else. When `hurry` fires, by force. */
  stop(hurry: AbortSignal): Promise<void>;
}

export interface RunningElsewhere {
  readonly kind: 'already_running';
  readonly pid: number;
}

/**
 * Starts a stack and keeps it alive until `stop`: Postgres, then `prepare`; Temporal beside it; then the services.
 * Children left by a supervisor that was killed are taken over. One supervisor per data directory.
 *
 * @throws {SluiceError} when it cannot start; everything is ended by then
 */
export async function startStack(options: StartStackOptions): Promise<Stack | RunningElsewhere> {
  const { config, dataDir, report } = options;
  const startedAt = Date.now();
  checkDataDir(dataDir);
  const lock = await takeLock(lockFilePath(dataDir));
  if ('holder' in lock) return { kind: 'already_running', pid: lock.holder.pid };

  // One part that fails ends the others, e.g. a Temporal build when Postgres cannot start.
  const failed = new AbortController();
  const interrupted = AbortSignal.any([options.interrupted, failed.signal]);
  const state = initialState(dataDir);
  let temporalStarting: Promise<StartedTemporal> | undefined;
  let ready = false;
  let engines: Engines | undefined;
  let retry: NodeJS.Timeout | undefined;
  let ended = false;

  const publish = () => {
    clearTimeout(retry);
    if (ended) return;
    try {
      state.children = supervisor.states();
      writeSupervisorState(dataDir, state);
      if (ready && engines) writeConnectionFile(dataDir, connectionOf(engines, supervisor.children()));
    } catch (error) {
      report.line(`the connection file in ${dataDir} cannot be written, trying again: ${(error as Error).message}`);
      retry = setTimeout(publish, 1_000);
    }
  };
  const supervisor = createSupervisor({ dataDir, orphans: state.children, onChange: publish, report });
  const end = async (hurry: AbortSignal) => {
    await supervisor.stop(hurry);
    ended = true;
    clearTimeout(retry);
    state.children = [];
    removeConnectionFile(dataDir);
    writeSupervisorState(dataDir, state);
    lock.release();
  };

  try {
    // A program that waits for the file shall not take the one of a stack that died for this one.
    if (!supervisor.orphan('api')) removeConnectionFile(dataDir);
    const apiPort = await chooseApiPort({
      host: config.host,
      port: options.port,
      orphan: supervisor.orphan('api'),
      previousUrl: state.url,
    });
    const host = config.host === '0.0.0.0' ? '127.0.0.1' : config.host;
    state.url = `http://${host}:${apiPort}`;
    publish();

    const common = { config, dataDir, state, supervisor, report, interrupted };
    temporalStarting = startTemporal(common);
    // Awaited below; a failure while Postgres is still starting must not count as unhandled.
    temporalStarting.catch(() => {});
    const postgres = await startPostgres(common);
    interrupted.throwIfAborted();
    await options.prepare({ databaseUrl: postgres.databaseUrl, apiKey: state.apiKey });
    const temporal = await temporalStarting;
    interrupted.throwIfAborted();
    engines = {
      databaseUrl: postgres.databaseUrl,
      temporalAddress: temporal.temporalAddress,
      embeddedTemporal: config.temporalAddress === undefined,
      url: state.url,
      port: apiPort,
      apiKey: state.apiKey,
    };

    const specs = options.services(engines);
    const names = specs.map((spec) => spec.name).join(', ');
    const step = report.step(`starting ${names}`);
    const outcomes = await Promise.all(
      specs.map(async (spec) => ({ name: spec.name, how: await supervisor.run(spec, interrupted) })),
    ).catch((error) => {
      step.fail();
      throw error;
    });
    const adopted = [...outcomes, postgres, temporal].filter(({ how }) => how === 'adopted').map(({ name }) => name);
    step.done(`${names} ready on ${state.url}`);
    await supervisor.endOrphans();
    ready = true;
    publish();
    return { kind: 'started', url: state.url, startMs: Date.now() - startedAt, adopted, stop: end };
  } catch (error) {
    failed.abort(error);
    await temporalStarting?.catch(() => {});
    await end(AbortSignal.timeout(15_000)).catch(() => {});
    throw error;
  }
}

/** What an earlier supervisor wrote down, else a fresh start that keeps the key of a connection file still there. */
function initialState(dataDir: string): SupervisorState {
  const previous = readSupervisorState(dataDir);
  if (previous) return previous;
  let connection: Connection | undefined;
  try {
    connection = readConnectionFile(dataDir);
  } catch {
    // Written by something else; it is about to be replaced.
  }
  return {
    version: 1,
    apiKey: connection?.apiKey ?? `sl_${randomBytes(24).toString('base64url')}`,
    postgresPassword: '',
    postgresPort: null,
    temporalPort: null,
    url: null,
    children: [],
  };
}

type Children = ReturnType<ReturnType<typeof createSupervisor>['children']>;

function connectionOf(engines: Engines, children: Children): Connection {
  const pids = (role: ChildRole) =>
    children.filter((child) => child.spec.role === role).flatMap((child) => child.identity()?.pid ?? []);
  const [api] = pids('api');
  if (api === undefined) throw new SluiceError({ code: 'internal', message: 'a stack without api has no connection' });
  return {
    url: engines.url,
    apiKey: engines.apiKey,
    databaseUrl: engines.databaseUrl,
    temporalAddress: engines.temporalAddress,
    pids: {
      supervisor: process.pid,
      postgres: pids('postgres')[0] ?? null,
      temporal: pids('temporal')[0] ?? null,
      api,
      worker: pids('worker'),
    },
  };
}
