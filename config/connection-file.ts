import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError } from './config-error.ts';
import { writePrivateFile } from './write-private-file.ts';

const pid = z.number().int().positive();

const connectionSchema = z.object({
  url: z.string(),
  apiKey: z.string(),
  databaseUrl: z.string(),
  temporalAddress: z.string(),
  pids: z.object({
    supervisor: pid,
    postgres: pid.nullable(),
    temporal: pid.nullable(),
    api: pid,
    worker: z.array(pid),
  }),
});

/**
 * How programs find a local stack (DESIGN §8, to the letter). `pids` are the engine processes themselves (postmaster,
 * temporal, node), never wrappers; `postgres` and `temporal` are null where `DATABASE_URL` or `TEMPORAL_ADDRESS`
 * names a server that Sluice did not start.
 */
export type Connection = z.infer<typeof connectionSchema>;

/** Where the connection file of a data directory is. */
export function connectionFilePath(dataDir: string): string {
  return join(dataDir, 'connection.json');
}

/**
 * The connection file of a data directory, or undefined when there is none (no stack runs there).
 *
 * @throws {ConfigError} when the file is there and cannot be understood
 */
export function readConnectionFile(dataDir: string): Connection | undefined {
  const path = connectionFilePath(dataDir);
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ConfigError(
      `connection file ${path}: cannot be read (${(error as Error).message})`,
      'run as the user who ran `sluice up`, or give the data directory with --data-dir',
    );
  }
  try {
    return connectionSchema.parse(JSON.parse(content));
  } catch {
    throw new ConfigError(
      `connection file ${path}: found something else than {url, apiKey, databaseUrl, temporalAddress, pids}`,
      'stop the stack with `sluice down` and start it again; the file is written anew',
    );
  }
}

/** Replaces the connection file in one step; readable by its owner only. */
export function writeConnectionFile(dataDir: string, connection: Connection): void {
  const { url, apiKey, databaseUrl, temporalAddress, pids } = connection;
  writePrivateFile(connectionFilePath(dataDir), { url, apiKey, databaseUrl, temporalAddress, pids });
}

/** Removes the connection file: from then on no stack runs in this data directory. */
export function removeConnectionFile(dataDir: string): void {
  rmSync(connectionFilePath(dataDir), { force: true });
}
