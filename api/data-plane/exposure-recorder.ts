import { countDroppedExposures } from '../../store/traffic/count-dropped-exposures.ts';
import { insertExposures } from '../../store/traffic/insert-exposures.ts';
import { type DroppedExposures, openExposureSpool, type WaitingExposure } from './exposure-spool.ts';
import type { RenewableDatabase } from './renewable-database.ts';

/** Writes exposures down behind the answers. */
export interface ExposureRecorder {
  /** Notes that a unit was served a drawn variant. The same unit again costs nothing. Never throws, never waits. */
  record(exposure: WaitingExposure): void;
  /** Counts exposures of a run that were lost elsewhere. */
  drop(runId: string, count: number): void;
  /** Resolves when all that was recorded before is in the database, on disk, or counted as dropped. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Each flush costs some ten queries, which a lightly used gateway would feel. */
const flushMs = 200;
const batchRows = 500;
const retryMs = 500;
const adoptEveryMs = 60_000;
/** Largest number in memory: what comes beyond is dropped, and counted. */
const mostWaiting = 50_000;
/** How many units are remembered as recorded; twice as many at most. */
const mostRecent = 50_000;

/**
 * Gathers exposures and inserts them every 200 ms, or 500 at once. While Postgres is away they go to `<folder>`, at most 64 MB, and into the
 * database when it is back, in the order they came; inserting twice changes nothing. What is lost (no room, a process
 * killed within the 200 ms excepted) is counted and holds its rollout.
 * @param options.folder null = nothing is kept on disk
 */
export async function createExposureRecorder(options: {
  database: RenewableDatabase;
  folder: string | null;
  spoolLimitBytes?: number | undefined;
}): Promise<ExposureRecorder> {
  const { database, folder, spoolLimitBytes } = options;
  const spool =
    folder === null
      ? null
      : await openExposureSpool({ folder, ...(spoolLimitBytes === undefined ? {} : { limitBytes: spoolLimitBytes }) });
  /** Lost ones by run, until the database or the disk knows of them. */
  const drops = new Map<string, number>();
  let queue: WaitingExposure[] = [];
  let recent = new Set<string>();
  let recentBefore = new Set<string>();
  let isAway = spool !== null && !spool.isEmpty;
  let closed = false;
  let running: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;

  const drop = (runId: string, count: number): void => void drops.set(runId, (drops.get(runId) ?? 0) + count);
  const lose = (exposures: readonly WaitingExposure[]): void => {
    for (const exposure of exposures) {
      drop(exposure.runId, 1);
      // Its next call may be recorded.
      recent.delete(keyOf(exposure));
      recentBefore.delete(keyOf(exposure));
    }
  };

  const store = async (exposures: readonly WaitingExposure[]): Promise<void> => {
    const byAgent = Map.groupBy(exposures, ({ agentId }) => agentId);
    try {
      for (const [agentId, some] of byAgent) {
        await insertExposures(database.db, {
          agentId,
          exposures: some.map(({ unit, variant, revision, atMs }) => ({ unit, variant, revision, at: new Date(atMs) })),
        });
      }
    } catch (error) {
      database.renewAfter(error);
      if (!isRefused(error)) throw error;
      // It would be refused for ever, and hold up all behind it; the others of its batch are good.
      if (exposures.length > 1) {
        for (const exposure of exposures) await store([exposure]);
        return;
      }
      console.error(new Date().toISOString(), `${exposures.length} exposures were refused:`, error);
      lose(exposures);
    }
  };

  const putAside = async (exposures: WaitingExposure[]): Promise<void> => {
    if (spool === null) {
      queue = [...exposures, ...queue];
      return;
    }
    const kept = await spool.append(exposures).catch((error) => {
      console.error(new Date().toISOString(), `${exposures.length} exposures could not be kept on disk:`, error);
      return 0;
    });
    lose(exposures.slice(kept));
  };

  const countDropped = async (): Promise<void> => {
    for (const [runId, count] of [...drops]) {
      await countDroppedExposures(database.db, { runId, count });
      forget({ runId, dropped: count });
    }
  };
  const forget = ({ runId, dropped }: DroppedExposures): void => {
    const left = (drops.get(runId) ?? 0) - dropped;
    if (left > 0) drops.set(runId, left);
    else drops.delete(runId);
  };
  const keepDropped = async (): Promise<void> => {
    if (spool === null) return;
    const kept = [...drops].map(([runId, dropped]) => ({ runId, dropped }));
    await spool.appendDropped(kept);
    for (const one of kept) forget(one);
  };

  const comeBack = async (): Promise<void> => {
    await spool?.replay(async (lines) => {
      await store(lines.filter((line) => 'unit' in line));
      for (const line of lines) {
        if ('dropped' in line) await countDroppedExposures(database.db, { runId: line.runId, count: line.dropped });
      }
    });
    await countDropped();
    isAway = false;
  };

  const flush = async (): Promise<void> => {
    try {
      if (isAway) await comeBack().catch(() => {});
      while (queue.length > 0) {
        const batch = queue.splice(0, batchRows);
        if (!isAway) {
          const failed = await store(batch).then(
            () => false,
            () => true,
          );
          if (!failed) continue;
          isAway = true;
        }
        await putAside(batch);
        if (spool === null) break;
      }
      if (!isAway) await countDropped();
      else await keepDropped();
    } catch {
      isAway = true;
    }
    running = null;
    if (!closed && (isAway || queue.length > 0)) plan(isAway ? retryMs : flushMs);
  };
  const now = (): Promise<void> => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    running ??= flush();
    return running;
  };
  const plan = (ms: number): void => {
    if (running === null && timer === null) timer = setTimeout(() => void now(), ms);
  };
  if (isAway) plan(0);
  const adopting = setInterval(() => {
    void spool
      ?.adopt()
      .then(() => {
        if (!spool.isEmpty) isAway = true;
        if (isAway) plan(0);
      })
      .catch(() => {});
  }, adoptEveryMs);
  adopting.unref();

  return {
    record(exposure) {
      const key = keyOf(exposure);
      if (recent.has(key) || recentBefore.has(key)) return;
      if (queue.length >= mostWaiting) {
        drop(exposure.runId, 1);
        plan(flushMs);
        return;
      }
      if (recent.size >= mostRecent) {
        recentBefore = recent;
        recent = new Set();
      }
      recent.add(key);
      queue.push(exposure);
      if (queue.length >= batchRows && !isAway && running === null) void now();
      else plan(flushMs);
    },
    drop(runId, count) {
      drop(runId, count);
      plan(flushMs);
    },
    async settled() {
      await running;
      await now();
    },
    async close() {
      closed = true;
      clearInterval(adopting);
      if (timer !== null) clearTimeout(timer);
      await running;
      await flush();
    },
  };
}

/** A unit counts once for a revision: further calls of it say nothing new. */
function keyOf({ agentId, revision, unit }: WaitingExposure): string {
  return `${agentId} ${revision} ${unit}`;
}

/** Errors that come again however often it is tried: of the data, not of the way to the database. */
function isRefused(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^(22|23)/.test(code);
}
