import { appendFile, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
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

/** Exposures of a run that were lost. */
export interface DroppedExposures {
  runId: string;
  dropped: number;
}

/** Exposures on disk while Postgres is away. */
export interface ExposureSpool {
  /** False while something waits on disk. */
  readonly isEmpty: boolean;
  /** Appends; exposures beyond the room there is are left out. @returns how many were kept, the first ones */
  append(exposures: readonly WaitingExposure[]): Promise<number>;
  /** Appends counts of lost ones: few bytes, for which there is always room. */
  appendDropped(dropped: readonly DroppedExposures[]): Promise<void>;
  /** Takes over what processes that ended left in the folder. */
  adopt(): Promise<void>;
  /**
   * Gives what waits to `store`, oldest first, in portions, and forgets each file once all of it is stored. What was stored before
   * `store` rejected comes again, so it must be safe to store twice.
   */
  replay(store: (lines: (WaitingExposure | DroppedExposures)[]) => Promise<void>): Promise<void>;
}

interface Segment {
  readonly path: string;
  bytes: number;
}

const segmentBytes = 4_194_304;
const portion = 500;
/** A file that another machine (a container, say) has not written to for so long is taken over. */
const orphanAfterMs = 60_000;

/**
 * JSON lines in segments of 4 MB. Several processes may share the folder: each writes files of its own. Not flushed to the disk with every
 * line: it outlives the process, not the machine.
 * @param options.limitBytes What there may be of this process's in all. @default 64 MB
 */
export async function openExposureSpool(options: { folder: string; limitBytes?: number }): Promise<ExposureSpool> {
  const { folder, limitBytes = 67_108_864 } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const writer = `${hostname().replace(/[^\w.-]/g, '_')}-${process.pid}`;
  const segments: Segment[] = [];
  let bytes = 0;
  let current: Segment | null = null;
  let last = 0;

  const write = async (text: string): Promise<void> => {
    if (current === null || current.bytes >= segmentBytes) {
      last = Math.max(last + 1, Date.now());
      current = { path: join(folder, `exposures-${last}-${writer}.jsonl`), bytes: 0 };
      segments.push(current);
    }
    const { path } = current;
    current.bytes += Buffer.byteLength(text);
    bytes += Buffer.byteLength(text);
    try {
      await appendFile(path, text, { mode: 0o600 });
    } catch (error) {
      // A part of a line may stand there now; nothing may be written behind it.
      current = null;
      throw error;
    }
  };
  const adopt = async (): Promise<void> => {
    const known = new Set(segments.map(({ path }) => path));
    for (const name of (await readdir(folder)).sort()) {
      const path = join(folder, name);
      if (!/^exposures-\d+-.+\.jsonl$/.test(name) || known.has(path)) continue;
      const found = await stat(path).catch(() => null);
      if (found === null || !(isAbandoned(name, writer) || Date.now() - found.mtimeMs > orphanAfterMs)) continue;
      segments.push({ path, bytes: found.size });
      bytes += found.size;
    }
  };
  await adopt();

  return {
    get isEmpty() {
      return segments.length === 0;
    },
    async append(exposures) {
      let kept = 0;
      let text = '';
      for (const exposure of exposures) {
        const line = `${JSON.stringify(exposure)}\n`;
        if (bytes + text.length + line.length > limitBytes) break;
        text += line;
        kept += 1;
      }
      if (kept > 0) await write(text);
      return kept;
    },
    async appendDropped(dropped) {
      if (dropped.length > 0) await write(dropped.map((one) => `${JSON.stringify(one)}\n`).join(''));
    },
    adopt,
    async replay(store) {
      for (let segment = segments[0]; segment !== undefined; segment = segments[0]) {
        // What comes meanwhile goes into the next segment.
        if (segment === current) current = null;
        await replayFile(segment.path, store);
        await rm(segment.path, { force: true });
        segments.shift();
        bytes -= segment.bytes;
      }
    },
  };
}

async function replayFile(path: string, store: Parameters<ExposureSpool['replay']>[0]): Promise<void> {
  // Gone when another process took it over: then it is stored already.
  const file = await open(path, 'r').catch((error) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (file === null) return;
  try {
    let some: (WaitingExposure | DroppedExposures)[] = [];
    for await (const line of file.readLines()) {
      const parsed = parseLine(line);
      if (parsed === null) continue;
      some.push(parsed);
      if (some.length < portion) continue;
      await store(some);
      some = [];
    }
    if (some.length > 0) await store(some);
  } finally {
    await file.close().catch(() => {});
  }
}

/** null for a line that was cut off by a crash. */
function parseLine(line: string): WaitingExposure | DroppedExposures | null {
  try {
    const parsed = JSON.parse(line);
    return typeof parsed.unit === 'string' || typeof parsed.dropped === 'number' ? parsed : null;
  } catch {
    return null;
  }
}

/** True for a file of this machine whose process is gone, or of one that had this process's id before it. */
function isAbandoned(name: string, writer: string): boolean {
  const [, host, pid] = /^exposures-\d+-(.+)-(\d+)\.jsonl$/.exec(name) ?? [];
  if (host === undefined || !writer.startsWith(`${host}-`)) return false;
  return `${host}-${pid}` === writer || !isAlive(Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}
