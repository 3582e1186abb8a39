import { once } from 'node:events';
import { statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { SluiceError } from '../schema/errors.ts';
import type { ChildSpec } from './child-spec.ts';
import { logFilePath, logTail } from './log-file.ts';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.ts';
import { spawnChild } from './spawn-child.ts';
import { stopProcess } from './stop-process.ts';

/** A child that is started again whenever it dies, until it is stopped. */
export interface SupervisedChild {
  readonly spec: ChildSpec;
  /** The process now, or the last one while the next is being started. */
  identity(): ProcessIdentity | undefined;
  /**
   * Resolves when the child answers.
   *
   * @throws {SluiceError} with the end of its log when it dies again and again, or takes too long
   */
  whenReady(interrupted: AbortSignal): Promise<void>;
  stop(hurry?: AbortSignal): Promise<void>;
}

export interface SuperviseOptions {
  readonly spec: ChildSpec;
  readonly dataDir: string;
  /** A living process to take over instead of starting one. */
  readonly adopt?: ProcessIdentity | undefined;
  /** There is a new process. */
  readonly onChange: () => void;
  readonly onEvent: (text: string) => void;
}

/** A life shorter than this counts as a failure to start. */
const quickDeathMs = 5_000;
const longestPauseMs = 5_000;
const deathsBeforeGivingUp = 3;
const adoptedPollMs = 250;

/** Starts or adopts a child and keeps it alive. */
export function superviseChild({ spec, dataDir, adopt, onChange, onEvent }: SuperviseOptions): SupervisedChild {
  const logPath = logFilePath(dataDir, spec.name);
  const stopping = new AbortController();
  let current: ProcessIdentity | undefined;
  let quickDeaths = 0;
  let lastDeath = '';
  let logStart = 0;

  const become = (identity: ProcessIdentity) => {
    const replaced = current;
    current = identity;
    onChange();
    if (replaced) onEvent(`${spec.name} started again as pid ${identity.pid} (${lastDeath})`);
  };

  const runAdopted = async (identity: ProcessIdentity) => {
    become(identity);
    // Not our child: no exit event will come.
    while (isAlive(identity) && !stopping.signal.aborted) await pause(adoptedPollMs, stopping.signal);
    return `pid ${identity.pid} ended`;
  };

  const runSpawned = async () => {
    await spec.beforeStart?.();
    if (stopping.signal.aborted) return '';
    logStart = statSync(logPath, { throwIfNoEntry: false })?.size ?? 0;
    const child = spawnChild(spec, dataDir);
    const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    const identity = child.pid === undefined ? undefined : identityOf(child.pid);
    if (identity) become(identity);
    const [code, signal] = await ended;
    return `pid ${child.pid} ${signal ? `was ended by ${signal}` : `exited with code ${code}`}`;
  };

  const keepAlive = async () => {
    let adopted = adopt;
    while (!stopping.signal.aborted) {
      const startedAt = Date.now();
      try {
        lastDeath = await (adopted ? runAdopted(adopted) : runSpawned());
      } catch (error) {
        lastDeath = `could not be started: ${(error as Error).message}`;
      }
      adopted = undefined;
      if (stopping.signal.aborted) return;
      quickDeaths = Date.now() - startedAt < quickDeathMs ? quickDeaths + 1 : 1;
      if (quickDeaths > 1) {
        onEvent(`${spec.name}: ${lastDeath}${lastWords(logPath, logStart)}`);
        await pause(Math.min(longestPauseMs, 50 * 2 ** quickDeaths), stopping.signal);
      }
    }
  };
  const life = keepAlive();

  return {
    spec,
    identity: () => current,
    whenReady: async (interrupted) => {
      const deadline = Date.now() + spec.readyTimeoutMs;
      const deathsBefore = quickDeaths;
      while (!(await spec.isReady())) {
        if (interrupted.aborted) throw interrupted.reason;
        if (quickDeaths - deathsBefore >= deathsBeforeGivingUp) throw failedToStart(spec, lastDeath, logPath, logStart);
        if (Date.now() > deadline) {
          const waited = `not ready after ${Math.round(spec.readyTimeoutMs / 1000)} s`;
          throw failedToStart(spec, waited, logPath, logStart);
        }
        await delay(30);
      }
    },
    stop: async (hurry) => {
      stopping.abort();
      // A start that was under way has to be over before there is a process to end.
      if (!current) await Promise.race([life, delay(2_000)]);
      if (current) await stopProcess(current, spec.stop, hurry);
      await life;
    },
  };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {});
}

function lastWords(logPath: string, from: number): string {
  const lines = tellingLines(logPath, from);
  const line = lines.findLast((candidate) => /error|fatal|panic/i.test(candidate)) ?? lines.at(-1);
  return line ? `; its last words: ${line}` : '';
}

/** The end of a log without stack frames, source excerpts' carets and Node's farewell. */
function tellingLines(logPath: string, from: number): string[] {
  return logTail(logPath, 30, from).filter((line) => !/^\s*(at |\^|Node\.js v\d)/.test(line));
}

function failedToStart(spec: ChildSpec, what: string, logPath: string, from: number): SluiceError {
  const tail = tellingLines(logPath, from).slice(-5);
  const diskFull = tail.some((line) => /no space left on device|ENOSPC|disk is full/i.test(line));
  const portTaken = tail.some((line) => /address already in use|EADDRINUSE/i.test(line));
  const fix = diskFull
    ? 'the disk is full: free some space, or choose another disk with --data-dir'
    : portTaken
      ? `port ${spec.port} was taken meanwhile: start again, or choose another with --port`
      : 'read the log, run `sluice doctor`, and start again';
  return new SluiceError({
    code: 'unavailable',
    message: [`${spec.name} does not start: ${what} (log: ${logPath})`, ...tail.map((line) => `  | ${line}`)].join(
      '\n',
    ),
    fix,
  });
}
