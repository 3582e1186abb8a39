import { readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Connection, connectionFilePath, readConnectionFile } from '../../config/connection-file.ts';
import { grpcHealthy } from '../../local/grpc-healthy.ts';
import { httpOk } from '../../local/http-ok.ts';
import { identityOf, isAlive } from '../../local/process-identity.ts';
import { stateFilePath } from '../../local/supervisor-state.ts';
import { eventually } from '../support/eventually.ts';
import { endStacks, newDataDir, type StackProcess, startStackProcess } from './support/stack-process.ts';

let dataDirs: string[] = [];
/** A data directory whose stack is ended after the test. */
const ownDataDir = (mode?: number) => {
  const folder = newDataDir(mode);
  dataDirs.push(folder);
  return folder;
};
afterEach(async () => {
  await endStacks(dataDirs);
  dataDirs = [];
});

const ready = /ready (\S+) in (\d+) ms; adopted: (.*)/;

async function runningStack(dataDir = ownDataDir(), options: Parameters<typeof startStackProcess>[1] = {}) {
  const stack = startStackProcess(dataDir, options);
  const [, , , adopted = ''] = await stack.says(ready);
  return { dataDir, stack, adopted, connection: readConnectionFile(dataDir) as Connection };
}

async function query<T>(databaseUrl: string, text: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows as T[];
  } finally {
    await client.end();
  }
}

const pidsOf = ({ pids }: Connection) => [pids.postgres, pids.temporal, pids.api, ...pids.worker] as number[];
const kill9 = async ({ process: child, ended }: StackProcess) => {
  child.kill('SIGKILL');
  await ended();
};

describe('a running stack', () => {
  const sharedDataDir = newDataDir();
  let shared: Awaited<ReturnType<typeof runningStack>>;
  beforeAll(async () => {
    shared = await runningStack(sharedDataDir, { workers: 2 });
  });
  afterAll(() => endStacks([sharedDataDir]));

  it('is described by a private connection file whose pids are the engines themselves', async () => {
    const { dataDir, stack, connection } = shared;
    expect(statSync(connectionFilePath(dataDir)).mode & 0o777).toBe(0o600);
    expect(statSync(stateFilePath(dataDir)).mode & 0o777).toBe(0o600);
    expect(connection.pids.supervisor).toBe(stack.pid);
    expect(connection.pids.worker).toHaveLength(2);
    expect(connection.apiKey).toMatch(/^sl_\S{20,}$/);
    expect(await query(connection.databaseUrl, 'show fsync')).toEqual([{ fsync: 'on' }]);
    expect(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]).toBe(
      String(connection.pids.postgres),
    );
    expect(await grpcHealthy(connection.temporalAddress)).toBe(true);
    expect(await httpOk(`${connection.url}/readyz`)).toBe(true);
  });

  it('replaces any child that is killed, and the connection file names the new pid within 2 s', async () => {
    const { dataDir, connection } = shared;
    const roles = ['postgres', 'temporal', 'api', 'worker'] as const;
    for (const role of roles) {
      const old = [connection.pids[role]].flat()[0] as number;
      process.kill(old, 'SIGKILL');
      const next = await eventually(() => {
        const [pid] = [readConnectionFile(dataDir)?.pids[role]].flat();
        return pid && pid !== old && identityOf(pid) ? pid : undefined;
      }, 2_000);
      expect(next).not.toBe(old);
    }
    // On the ports of before: nobody has to look them up again.
    await eventually(async () => ((await httpOk(`${connection.url}/readyz`)) ? true : undefined));
    await eventually(async () => ((await grpcHealthy(connection.temporalAddress)) ? true : undefined));
    expect(await eventually(() => query(connection.databaseUrl, 'select 1 as one'))).toEqual([{ one: 1 }]);
    expect(readConnectionFile(dataDir)?.databaseUrl).toBe(connection.databaseUrl);
  });

  it('loses no committed row when Postgres is stopped at once and recovers', async () => {
    const connection = readConnectionFile(shared.dataDir) as Connection;
    await query(connection.databaseUrl, 'create table kept (n int); insert into kept select generate_series(1, 1000)');
    process.kill(connection.pids.postgres as number, 'SIGQUIT');
    const rows = await eventually(() => query(connection.databaseUrl, 'select count(*)::int as n from kept'));
    expect(rows).toEqual([{ n: 1000 }]);
  });

  it('is found by a second start, which says so and starts nothing', async () => {
    const connection = readConnectionFile(shared.dataDir);
    const second = startStackProcess(shared.dataDir);
    expect(await second.ended()).toBe(0);
    expect(second.output()).toContain(`already running (pid ${connection?.pids.supervisor})`);
    expect(readConnectionFile(shared.dataDir)).toEqual(connection);
  });

  it('ends with Ctrl-C: what it started, and nothing else', async () => {
    const { dataDir, stack, connection } = await runningStack();
    const other = await runningStack();
    stack.process.kill('SIGINT');
    expect(await stack.ended()).toBe(0);
    expect(stack.output()).toContain('stopped');
    for (const pid of pidsOf(connection)) expect(identityOf(pid)).toBeUndefined();
    expect(readConnectionFile(dataDir)).toBeUndefined();
    for (const pid of pidsOf(other.connection)) expect(identityOf(pid)).toBeDefined();
    expect(await httpOk(`${other.connection.url}/readyz`)).toBe(true);
  });

  it('ends by force with a second Ctrl-C what does not end by itself', async () => {
    const { stack, connection } = await runningStack(undefined, { env: { STUB_STUBBORN: '1' } });
    stack.process.kill('SIGINT');
    const pressedAt = Date.now();
    await stack.says(/api stopped/);
    // One press may arrive twice within half a second, through npm and a shell: a person's second comes later.
    await eventually(() => (Date.now() - pressedAt > 600 ? true : undefined));
    stack.process.kill('SIGINT');
    expect(await stack.ended()).toBe(0);
    expect(Date.now() - pressedAt).toBeLessThan(8_000);
    for (const pid of pidsOf(connection)) expect(identityOf(pid)).toBeUndefined();
  });

  it('keeps data, key and addresses when it is stopped and started again, within 5 s', async () => {
    const first = await runningStack();
    await query(first.connection.databaseUrl, 'create table kept (n int); insert into kept values (7)');
    first.stack.process.kill('SIGTERM');
    expect(await first.stack.ended()).toBe(0);
    const startedAt = Date.now();
    const second = await runningStack(first.dataDir);
    expect(Date.now() - startedAt).toBeLessThan(5_000);
    const { pids: _first, ...before } = first.connection;
    const { pids: _second, ...after } = second.connection;
    expect(after).toEqual(before);
    expect(await query(second.connection.databaseUrl, 'select n from kept')).toEqual([{ n: 7 }]);
  });
});

describe('a start after the supervisor was killed', () => {
  it('takes over the children that still run, and goes on watching them', async () => {
    const { dataDir, stack, connection } = await runningStack();
    await query(connection.databaseUrl, 'create table kept (n int); insert into kept values (7)');
    await kill9(stack);
    for (const pid of pidsOf(connection)) expect(identityOf(pid)).toBeDefined();

    const next = await runningStack(dataDir);
    expect(next.adopted.split(' ').sort()).toEqual(['api', 'postgres', 'temporal', 'worker-1']);
    expect(next.connection).toEqual({ ...connection, pids: { ...connection.pids, supervisor: next.stack.pid } });
    expect(await query(next.connection.databaseUrl, 'select n from kept')).toEqual([{ n: 7 }]);

    process.kill(connection.pids.api, 'SIGKILL');
    const api = await eventually(() => {
      const pid = readConnectionFile(dataDir)?.pids.api;
      return pid !== connection.pids.api ? pid : undefined;
    }, 2_000);
    expect(identityOf(api)).toBeDefined();
  });

  it('starts only what is missing, replaces children that run other code, ends workers no longer asked for', async () => {
    const { dataDir, stack, connection } = await runningStack(undefined, { workers: 2 });
    await kill9(stack);
    process.kill(connection.pids.temporal as number, 'SIGKILL');
    await eventually(() => (identityOf(connection.pids.temporal as number) ? undefined : true));
    const next = await runningStack(dataDir, { env: { STUB_VERSION: '2' } });
    expect(next.adopted).toBe('postgres');
    expect(next.connection.temporalAddress).toBe(connection.temporalAddress);
    for (const pid of [connection.pids.api, ...connection.pids.worker]) expect(identityOf(pid)).toBeUndefined();
  });

  it('finds its way when nothing is written down of a Postgres that still runs', async () => {
    const { dataDir, stack, connection } = await runningStack();
    await query(connection.databaseUrl, 'create table kept (n int); insert into kept values (7)');
    await kill9(stack);
    for (const pid of [connection.pids.temporal as number, connection.pids.api, ...connection.pids.worker]) {
      process.kill(pid, 'SIGKILL');
    }
    rmSync(stateFilePath(dataDir));
    rmSync(connectionFilePath(dataDir));
    const next = await runningStack(dataDir);
    expect(await query(next.connection.databaseUrl, 'select n from kept')).toEqual([{ n: 7 }]);
  });
});

describe('two stacks with different data', () => {
  it('run at once without knowing of each other', async () => {
    const [one, two] = await Promise.all([runningStack(), runningStack()]);
    await query(one.connection.databaseUrl, 'create table only_here (n int)');
    await expect(query(two.connection.databaseUrl, 'select * from only_here')).rejects.toThrow('does not exist');
    expect(one.connection.apiKey).not.toBe(two.connection.apiKey);
    await kill9(one.stack);
    expect(await httpOk(`${two.connection.url}/readyz`)).toBe(true);
  });
});

describe('as root', () => {
  it('Postgres runs under another user even where only root may pass through to its data', async () => {
    const { connection } = await runningStack(ownDataDir(0o700));
    const status = readFileSync(`/proc/${connection.pids.postgres}/status`, 'utf8');
    if (process.getuid?.() === 0) expect(status).not.toMatch(/^Uid:\s+0\s/m);
    expect(await query(connection.databaseUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
  });
});

describe('a stack that cannot start', () => {
  it('says which port is in use, by whom, and how to choose another; and leaves nothing running', async () => {
    const dataDir = ownDataDir();
    const server = createServer().listen(0, '127.0.0.1');
    const port = await eventually(() => (server.address() as { port: number } | null)?.port);
    const stack = startStackProcess(dataDir, { port });
    expect(await stack.ended()).toBe(1);
    expect(stack.output()).toContain(`error: port ${port} on 127.0.0.1: in use by pid ${process.pid}`);
    expect(stack.output()).toContain(`--port ${port + 1}`);
    expect(readConnectionFile(dataDir)).toBeUndefined();
    server.close();
  });

  it('shows the last words of a service that dies again and again, and ends the rest', async () => {
    const dataDir = ownDataDir();
    const stack = startStackProcess(dataDir, { env: { STUB_CRASH: '1' } });
    expect(await stack.ended()).toBe(1);
    expect(stack.output()).toContain('the stub was told to crash');
    expect(stack.output()).toContain(join(dataDir, 'logs', 'worker-1.log'));
    const { children } = JSON.parse(readFileSync(stateFilePath(dataDir), 'utf8')) as { children: unknown[] };
    expect(children).toEqual([]);
    expect(identityOf(Number(/postgres.*\bpid (\d+)/.exec(stack.output())?.[1] ?? 0))).toBeUndefined();
  });

  it('names the folder that it may not write, and what to do', async () => {
    const stack = startStackProcess('/proc/sluice-data');
    expect(await stack.ended()).toBe(1);
    expect(stack.output()).toContain('error: data directory /proc/sluice-data: cannot be written');
    expect(stack.output()).toContain('--data-dir');
  });

  it('names DATABASE_URL when nobody answers there', async () => {
    const stack = startStackProcess(ownDataDir(), { env: { DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/x' } });
    expect(await stack.ended()).toBe(1);
    expect(stack.output()).toContain('PostgreSQL in DATABASE_URL (127.0.0.1:1/x)');
    expect(stack.output()).not.toContain('hunter2');
  });
});

describe('engines of the user', () => {
  it('are used and not started, and have no pid', async () => {
    const host = await runningStack();
    const { databaseUrl, temporalAddress } = host.connection;
    const guest = await runningStack(undefined, {
      env: { DATABASE_URL: databaseUrl, TEMPORAL_ADDRESS: temporalAddress },
    });
    expect(guest.connection).toMatchObject({ databaseUrl, temporalAddress, pids: { postgres: null, temporal: null } });
    guest.stack.process.kill('SIGINT');
    await guest.stack.ended();
    const { postgres, temporal } = host.connection.pids;
    for (const pid of [postgres, temporal])
      expect(isAlive(identityOf(pid as number) ?? { pid: 0, startedAt: '' })).toBe(true);
  });
});
