import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SluiceError } from '../schema/errors.ts';
import { buildTemporal } from './build-temporal.ts';
import { downloadTemporal } from './download-temporal.ts';
import { findExecutable, isExecutable } from './find-executable.ts';
import { takeLock } from './lock-file.ts';
import type { Reporter, Step } from './reporter.ts';

/** Of the Temporal CLI (server 1.29.1): the last that `go install` accepts. */
export const temporalVersion = '1.5.1';

export interface ResolveTemporalOptions {
  /** `TEMPORAL_CLI_PATH`. */
  readonly cliPath: string | undefined;
  readonly searchPath: readonly string[];
  /** Absolute; shared by all stacks of this user. */
  readonly cacheDir: string;
  /** A proxy is declared, so a direct connection says nothing about reach. */
  readonly hasProxy: boolean;
  /** @default temporal.download, the one the SDK asks */
  readonly downloadHost?: string;
  readonly report: Reporter;
  readonly interrupted: AbortSignal;
}

export interface ResolvedTemporal {
  readonly path: string;
  readonly source: 'TEMPORAL_CLI_PATH' | 'PATH' | 'cache' | 'download' | 'go install';
}

/** Where the binary is kept once it was downloaded or built. */
export function cachedTemporalPath(cacheDir: string): string {
  return join(cacheDir, `temporal-${temporalVersion}`, 'temporal');
}

/**
 * Finds a Temporal binary, or gets one: `TEMPORAL_CLI_PATH`, `PATH`, the cache, the SDK's download, `go install`.
 * Each way that is skipped is reported with its reason.
 *
 * @throws {SluiceError} when no way leads to one, with every reason
 */
export async function resolveTemporal(options: ResolveTemporalOptions): Promise<ResolvedTemporal> {
  const { cliPath, searchPath, cacheDir, report } = options;
  const skipped: string[] = [];
  const skip = (way: string, reason: string) => {
    skipped.push(`${way}: ${reason}`);
    report.line(`temporal: ${way} skipped: ${reason}`);
  };

  if (cliPath !== undefined) {
    const problem = await whyUnusable(cliPath);
    // Somebody asked for this one: another in its place would be a surprise.
    if (problem) {
      throw new SluiceError({
        code: 'invalid_input',
        message: `environment variable TEMPORAL_CLI_PATH: ${cliPath} ${problem}, expected a temporal binary`,
        fix: 'give the path of the Temporal CLI, or unset TEMPORAL_CLI_PATH',
      });
    }
    return { path: cliPath, source: 'TEMPORAL_CLI_PATH' };
  }
  skip('TEMPORAL_CLI_PATH', 'not set');

  const inPath = findExecutable('temporal', searchPath);
  const pathProblem = inPath ? await whyUnusable(inPath) : undefined;
  if (inPath && !pathProblem) return { path: inPath, source: 'PATH' };
  skip('PATH', inPath ? `${inPath} ${pathProblem}` : 'no temporal in it');

  const cached = cachedTemporalPath(cacheDir);
  if (isExecutable(cached)) return { path: cached, source: 'cache' };
  skip('cache', `no ${cached}`);

  const release = await waitForTurn(options);
  try {
    removeLeftovers(cacheDir);
    // Another stack may have finished while this one waited.
    if (isExecutable(cached)) return { path: cached, source: 'cache' };
    const downloadProblem = await downloadTemporal({ ...options, version: temporalVersion, target: cached });
    if (!downloadProblem) return { path: cached, source: 'download' };
    skip('download', downloadProblem);

    const buildProblem = await buildTemporal({ ...options, version: temporalVersion, target: cached });
    if (!buildProblem) return { path: cached, source: 'go install' };
    skip('go install', buildProblem);
  } finally {
    release();
  }
  throw new SluiceError({
    code: 'unavailable',
    message: ['no Temporal server to run; tried in this order:', ...skipped.map((line) => `  - ${line}`)].join('\n'),
    fix: 'install the Temporal CLI (or Go 1.25 or later) so that it is in PATH, set TEMPORAL_CLI_PATH to one, or set TEMPORAL_ADDRESS to a server of yours',
  });
}

/** Why a file is no Temporal CLI, as the end of a sentence; undefined when it is one. */
export async function whyUnusable(path: string): Promise<string | undefined> {
  if (!existsSync(path)) return 'does not exist';
  if (!isExecutable(path)) return 'is not an executable file';
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: 10_000 });
    return stdout.startsWith('temporal version') ? undefined : 'is another program of that name';
  } catch (error) {
    return `does not run (${(error as Error).message.split('\n')[0]})`;
  }
}

/** Half-done folders of a process that was killed: only the holder of the lock makes such. */
function removeLeftovers(cacheDir: string): void {
  for (const name of readdirSync(cacheDir)) {
    if (/^(build|download)-/.test(name)) rmSync(join(cacheDir, name), { recursive: true, force: true });
  }
}

/** One download or build at a time for all stacks of this user. */
async function waitForTurn({ cacheDir, report, interrupted }: ResolveTemporalOptions): Promise<() => void> {
  mkdirSync(cacheDir, { recursive: true });
  let waiting: Step | undefined;
  for (;;) {
    const lock = await takeLock(join(cacheDir, `temporal-${temporalVersion}.lock`));
    if ('release' in lock) {
      waiting?.done();
      return lock.release;
    }
    waiting ??= report.step(`waiting for pid ${lock.holder.pid}, which is getting Temporal for another stack`);
    await delay(250, undefined, { signal: interrupted });
  }
}
