import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config } from '../config/read-config.ts';
import { SluiceError } from '../schema/errors.ts';
import type { Finding } from './finding.ts';
import { canListen } from './free-port.ts';
import { portOwner } from './port-owner.ts';
import { postgresAccount } from './postgres-account.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { postgresProblem } from './postgres-ready.ts';

export interface SurveyMachineOptions {
  readonly config: Config;
  readonly dataDir: string;
  /** The port of the running stack, which is in use by right. */
  readonly ownPort: number | undefined;
}

/** What the machine offers a stack: Node, PostgreSQL, a folder, room, a port. Changes nothing. */
export async function surveyMachine({ config, dataDir, ownPort }: SurveyMachineOptions): Promise<Finding[]> {
  return [
    nodeFinding(),
    await postgresFinding(config, dataDir),
    dataDirFinding(dataDir),
    diskFinding(dataDir),
    await portFinding(config, ownPort),
  ];
}

function nodeFinding(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const enough = major > 22 || (major === 22 && minor >= 18);
  const found = `${process.versions.node} (${process.execPath})`;
  return enough
    ? { name: 'node', state: 'ok', found }
    : {
        name: 'node',
        state: 'missing',
        found: `${found}, expected 22.18 or later`,
        fix: 'run `npm ci`, or install Node 24',
      };
}

async function postgresFinding(config: Config, dataDir: string): Promise<Finding> {
  const name = 'postgres';
  if (config.databaseUrl) {
    const { hostname, port, pathname } = new URL(config.databaseUrl);
    const problem = await postgresProblem(config.databaseUrl);
    const found = `DATABASE_URL is set: ${hostname}:${port || 5432}${pathname}`;
    if (!problem) return { name, state: 'ok', found: `${found} answers, none is started` };
    return { name, state: 'missing', found: `${found}: ${problem}`, fix: 'start that server, or unset DATABASE_URL' };
  }
  try {
    const { postgres, version } = await postgresBinaries();
    const account = existsSync(dataDir)
      ? postgresAccount({ folder: join(dataDir, 'postgres'), postgres, searchPath: config.searchPath })
      : undefined;
    const user = account?.owner ? `, run as user id ${account.owner.uid}` : '';
    return { name, state: 'ok', found: `${version} (${postgres})${user}` };
  } catch (error) {
    const { message, fix } = error as SluiceError;
    return { name, state: 'missing', found: message, ...(error instanceof SluiceError && fix ? { fix } : {}) };
  }
}

function dataDirFinding(dataDir: string): Finding {
  const name = 'data directory';
  const existing = nearestExisting(dataDir);
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
    return { name, state: 'ok', found: existing === dataDir ? dataDir : `${dataDir} (will be created)` };
  } catch {
    return {
      name,
      state: 'missing',
      found: `${existing} cannot be written by this user`,
      fix: 'choose another one with --data-dir, or change its owner',
    };
  }
}

function diskFinding(dataDir: string): Finding {
  const { bavail, bsize } = statfsSync(nearestExisting(dataDir));
  const gigabytes = (bavail * bsize) / 1024 ** 3;
  const found = `${gigabytes.toFixed(1)} GB free`;
  return gigabytes >= 1
    ? { name: 'disk', state: 'ok', found }
    : {
        name: 'disk',
        state: 'missing',
        found: `${found}, expected at least 1 GB`,
        fix: 'free some space, or choose another disk with --data-dir',
      };
}

async function portFinding(config: Config, ownPort: number | undefined): Promise<Finding> {
  const name = `port ${config.port}`;
  if (ownPort === config.port) return { name, state: 'ok', found: 'used by the stack of this data directory' };
  if (await canListen(config.port, config.host)) return { name, state: 'ok', found: 'free' };
  const owner = portOwner(config.port) ?? 'another program';
  return { name, state: 'note', found: `in use by ${owner}`, fix: `choose another port: --port ${config.port + 1}` };
}

function nearestExisting(path: string): string {
  return existsSync(path) ? path : nearestExisting(dirname(path));
}
