import { readFile, rename, rm, writeFile } from 'node:fs/promises';

/** Exposures that were lost, by run, until the database knows of them. */
export interface DropCounts {
  add(runId: string, count: number): void;
  /** Tells `store` of each run, and forgets what it took. */
  deliver(store: (runId: string, count: number) => Promise<void>): Promise<void>;
  /** Writes them down. */
  save(): Promise<void>;
}

/** @param path Where they outlive the process; null = they do not. */
export async function openDropCounts(path: string | null): Promise<DropCounts> {
  const counts = new Map<string, number>(path === null ? [] : await readCounts(path));
  let isSaved = true;
  return {
    add(runId, count) {
      counts.set(runId, (counts.get(runId) ?? 0) + count);
      isSaved = false;
    },
    async deliver(store) {
      for (const [runId, count] of [...counts]) {
        await store(runId, count);
        const left = (counts.get(runId) ?? 0) - count;
        if (left > 0) counts.set(runId, left);
        else counts.delete(runId);
        isSaved = false;
      }
    },
    async save() {
      if (isSaved || path === null) return;
      isSaved = true;
      if (counts.size === 0) return rm(path, { force: true });
      await writeFile(`${path}.tmp`, JSON.stringify([...counts]), { mode: 0o600 });
      await rename(`${path}.tmp`, path);
    },
  };
}

async function readCounts(path: string): Promise<[string, number][]> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return [];
  }
}
