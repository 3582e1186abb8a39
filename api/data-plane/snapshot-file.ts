import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import type { VersionConfig } from '../../store/agents/load-configs.ts';
import type { Principal } from '../../store/keys/find-key.ts';
import type { AgentTraffic } from '../../store/traffic/load-traffic.ts';

/** All that the data plane needs to answer without Postgres. Keys are hashed; secrets are names in configurations. */
export interface Snapshot {
  traffic: AgentTraffic[];
  configs: VersionConfig[];
  keys: { hash: string; principal: Principal }[];
}

const format = 1;

/** Writes a snapshot so that a reader sees the old one or the new one, never a part; mode 0600. */
export async function writeSnapshot(path: string, snapshot: Snapshot): Promise<void> {
  // Processes that share the folder write the same, each by a file of its own.
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const content = { format, writtenAtMs: Date.now(), uptimeMs: uptime() * 1_000, ...snapshot };
  try {
    await writeFile(temporary, JSON.stringify(content), { mode: 0o600, flush: true });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * Reads a snapshot, its leases shortened by the time since it was written: by the wall clock or by the machine's uptime, whichever
 * tells of more time. A clock that was set back ends them.
 * @returns null when there is none that can be read
 */
export async function readSnapshot(path: string): Promise<Snapshot | null> {
  try {
    const content = JSON.parse(await readFile(path, 'utf8'));
    if (content.format !== format) return null;
    const byClock = Date.now() - content.writtenAtMs;
    const byUptime = uptime() * 1_000 - content.uptimeMs;
    // Less uptime than then is another boot, of which only the clock can tell.
    const elapsedMs = byClock < 0 ? Number.POSITIVE_INFINITY : Math.max(byClock, byUptime);
    const { traffic, configs, keys } = content as Snapshot;
    return {
      traffic: traffic.map((one) => ({ ...one, leaseMs: one.leaseMs === null ? null : one.leaseMs - elapsedMs })),
      configs,
      keys,
    };
  } catch {
    return null;
  }
}
