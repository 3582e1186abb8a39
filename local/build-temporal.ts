import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { childEnvironment } from '../config/child-environment.ts';
import type { GetTemporalOptions } from './download-temporal.ts';
import { findExecutable, isExecutable } from './find-executable.ts';
import { logTail } from './log-file.ts';
import { identityOf, signalProcess } from './process-identity.ts';

/**
 * Builds the Temporal CLI from source with `go install`, beside its place in the cache, and moves it there in one
 * step. Takes about three CPU minutes and 2 GB of Go's own caches, once. Returns why it did not; undefined = it is there.
 */
export async function buildTemporal(options: GetTemporalOptions): Promise<string | undefined> {
  const { version, target, cacheDir, searchPath, report, interrupted } = options;
  const go = findExecutable('go', searchPath);
  if (!go) return 'no go in PATH';

  const folder = mkdtempSync(join(cacheDir, 'build-'));
  const logPath = join(cacheDir, `temporal-${version}-build.log`);
  const log = openSync(logPath, 'w');
  const step = report.step(`building Temporal ${version} from source with go install (about 3 minutes, once)`);
  try {
    const child = spawn(go, ['install', `github.com/temporalio/cli/cmd/temporal@v${version}`], {
      // GOFLAGS and a cross-compiling GOOS would make another program, or none.
      env: childEnvironment({ GOBIN: folder, GOFLAGS: undefined, GOOS: undefined, GOARCH: undefined }),
      cwd: folder,
      detached: true,
      stdio: ['ignore', log, log],
    });
    const identity = child.pid === undefined ? undefined : identityOf(child.pid);
    // The compilers that go started are in its group.
    const stop = () => identity && signalProcess(identity, 'SIGKILL', true);
    interrupted.addEventListener('abort', stop, { once: true });
    const [code] = (await once(child, 'exit')) as [number | null];
    interrupted.removeEventListener('abort', stop);
    interrupted.throwIfAborted();
    const built = join(folder, 'temporal');
    if (code !== 0 || !isExecutable(built)) {
      step.fail();
      return `${go} exited with code ${code} (log: ${logPath}): ${logTail(logPath, 1)[0] ?? 'it said nothing'}`;
    }
    mkdirSync(dirname(target), { recursive: true });
    renameSync(built, target);
    step.done(`built Temporal ${version}`);
    return undefined;
  } finally {
    closeSync(log);
    rmSync(folder, { recursive: true, force: true });
  }
}
