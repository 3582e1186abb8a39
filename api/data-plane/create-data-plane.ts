import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Assignment } from '../../schema/contracts/traffic.ts';
import { createExposureRecorder, type ExposureRecorder } from './exposure-recorder.ts';
import type { LiveAgent } from './live-agent.ts';
import { createLiveState, type LiveState } from './live-state.ts';
import { openRenewable } from './renewable-database.ts';

/** What answers users: assignments and the gateway. Goes on without control plane and without Postgres. */
export interface DataPlane {
  live: LiveState;
  exposures: ExposureRecorder;
  /** Records the exposure of a unit that was drawn; does nothing for others. */
  expose(live: LiveAgent, assignment: Assignment): void;
  close(): Promise<void>;
}

/** @param options.dataDir Where the snapshot and the spool are kept; absent = in memory only. */
export async function createDataPlane(options: {
  databaseUrl: string;
  dataDir?: string | undefined;
  spoolLimitBytes?: number | undefined;
}): Promise<DataPlane> {
  const folder = await prepareFolder(options.dataDir);
  const database = openRenewable(options.databaseUrl);
  const live = await createLiveState({
    database,
    snapshotPath: folder === null ? null : join(folder, 'snapshot.json'),
  });
  const exposures = await createExposureRecorder({ database, folder, spoolLimitBytes: options.spoolLimitBytes });
  return {
    live,
    exposures,
    expose({ agentId }, { unit, variant, revision, runId, randomised }) {
      if (!randomised || runId === undefined) return;
      exposures.record({ agentId, runId, unit, variant, revision, atMs: Date.now() });
    },
    async close() {
      await exposures.close();
      await live.close();
      await database.close();
    },
  };
}

/** A disk that cannot be written to costs the snapshot, not the service. */
async function prepareFolder(dataDir: string | undefined): Promise<string | null> {
  if (dataDir === undefined) return null;
  const folder = join(dataDir, 'data-plane');
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  } catch (error) {
    console.error(
      new Date().toISOString(),
      `${folder} cannot be made; nothing outlives a restart without Postgres:`,
      error,
    );
    return null;
  }
}
