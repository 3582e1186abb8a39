import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Reporter } from './reporter.ts';
import { whyNoDownload } from './why-no-download.ts';

const downloadMs = 180_000;

export interface GetTemporalOptions {
  readonly version: string;
  /** Where the binary shall be. */
  readonly target: string;
  readonly cacheDir: string;
  readonly searchPath: readonly string[];
  readonly hasProxy: boolean;
  readonly downloadHost?: string;
  readonly report: Reporter;
  readonly interrupted: AbortSignal;
}

/** Lets the Temporal SDK download its server into the cache. Returns why it did not; undefined = it is there. */
export async function downloadTemporal(options: GetTemporalOptions): Promise<string | undefined> {
  const { version, target, cacheDir, hasProxy, downloadHost, report, interrupted } = options;
  // The SDK would try for minutes where packets are dropped: ask first whether anybody is there.
  const unreachable = hasProxy ? undefined : await whyNoDownload(downloadHost);
  if (unreachable) return unreachable;

  const folder = mkdtempSync(join(cacheDir, 'download-'));
  const step = report.step(`downloading Temporal ${version}`);
  try {
    const { TestWorkflowEnvironment } = await import('@temporalio/testing');
    const fetching = TestWorkflowEnvironment.createLocal({
      server: { executable: { type: 'cached-download', downloadDir: folder, version: `v${version}` } },
    }).then((environment) => environment.teardown());
    const late = delay(downloadMs, 'late' as const, { signal: interrupted, ref: false });
    if ((await Promise.race([fetching, late])) === 'late') throw new Error(`not done after ${downloadMs / 1000} s`);
    const [largest] = readdirSync(folder)
      .map((name) => join(folder, name))
      .sort((a, b) => statSync(b).size - statSync(a).size);
    if (largest === undefined) throw new Error('nothing was stored');
    chmodSync(largest, 0o755);
    mkdirSync(dirname(target), { recursive: true });
    renameSync(largest, target);
    step.done(`downloaded Temporal ${version}`);
    return undefined;
  } catch (error) {
    step.fail();
    interrupted.throwIfAborted();
    return (error as Error).message.split('\n')[0] ?? 'failed';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
