import { appendFile, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** An exposure on its way into the database. */
export interface WaitingExposure {
  agentId: string;
  runId: string;
  unit: string;
  variant: string;
  revision: number;
  atMs: number;
}

/** Exposures on disk while Postgres is away. */
export interface ExposureSpool {
  /** False while something waits on disk. */
  readonly isEmpty: boolean;
  /** Appends; what has no room is left out. @returns how many were kept, the first ones */
  append(exposures: readonly WaitingExposure[]): Promise<number>;
  /**
   * Gives what waits to `store`, oldest first, in portions, and forgets each file once all of it is stored. What was stored before
   * `store` rejected comes again, so it must be safe to store twice.
   */
  replay(store: (exposures: WaitingExposure[]) => Promise<void>): Promise<void>;
}

const segmentBytes = 4_194_304;
const portion = 500;

/**
 * JSON lines in segments of 4 MB, in a folder that one process of this machine writes to. Segments of processes that ended are taken
 * over.
 * @param options.limitBytes What there may be in all. @default 64 MB
 */
export async function openExposureSpool(options: { folder: string; limitBytes?: number }): Promise<ExposureSpool> {
  const { folder, limitBytes = 67_108_864 } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const segments: { path: string; bytes: number }[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const [, writer] = /^exposures-\d+-(\d+)\.jsonl$/.exec(name) ?? [];
    if (writer === undefined || (Number(writer) !== process.pid && isAlive(Number(writer)))) continue;
    const path = join(folder, name);
    segments.push({ path, bytes: (await stat(path)).size });
  }
  let bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  let current: { path: string; bytes: number } | null = null;
  let last = 0;

  return {
    get isEmpty() {
      return segments.length === 0;
    },
    async append(exposures) {
      let kept = 0;
      let text = '';
      let size = 0;
      for (const exposure of exposures) {
        const line = `${JSON.stringify(exposure)}\n`;
        const lineBytes = Buffer.byteLength(line);
        if (bytes + size + lineBytes > limitBytes) break;
        text += line;
        size += lineBytes;
        kept += 1;
      }
      if (kept === 0) return 0;
      if (current === null || current.bytes >= segmentBytes) {
        last = Math.max(last + 1, Date.now());
        current = { path: join(folder, `exposures-${last}-${process.pid}.jsonl`), bytes: 0 };
        segments.push(current);
      }
      const { path } = current;
      current.bytes += size;
      bytes += size;
      try {
        await appendFile(path, text, { mode: 0o600 });
      } catch (error) {
        // A part of a line may stand there now; nothing may be written behind it.
        current = null;
        throw error;
      }
      return kept;
    },
    async replay(store) {
      while (segments.length > 0) {
        const [segment] = segments;
        if (segment === undefined) return;
        // What comes meanwhile goes into the next segment.
        if (segment === current) current = null;
        const file = await open(segment.path, 'r');
        try {
          let some: WaitingExposure[] = [];
          for await (const line of file.readLines()) {
            const exposure = parseLine(line);
            if (exposure === null) continue;
            some.push(exposure);
            if (some.length < portion) continue;
            await store(some);
            some = [];
          }
          if (some.length > 0) await store(some);
        } finally {
          await file.close().catch(() => {});
        }
        await rm(segment.path, { force: true });
        segments.shift();
        bytes -= segment.bytes;
      }
    },
  };
}

/** null for a line that was cut off by a crash. */
function parseLine(line: string): WaitingExposure | null {
  try {
    const exposure = JSON.parse(line) as WaitingExposure;
    return typeof exposure.unit === 'string' ? exposure : null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}
