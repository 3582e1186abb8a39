import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, inject } from 'vitest';
import { type OpenDatabase, openDatabase } from '../../store/open-database.ts';
import { asAdmin } from './as-admin.ts';

export interface TestDatabase extends Omit<OpenDatabase, 'close'> {
  databaseUrl: string;
  /** Closes it; kept under the name `failed_…` when `failed`, else gone. */
  drop(failed: boolean): Promise<void>;
}

/**
 * A migrated database of the test's own: a clone of the template, made in a few milliseconds.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const templateUrl = inject('postgresUrl');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdmin(templateUrl, `create database ${name} template ${new URL(templateUrl).pathname.slice(1)}`);
  const url = new URL(templateUrl);
  url.pathname = `/${name}`;
  const { db, pool, close } = openDatabase({ databaseUrl: url.href, connections: 10, name: 'sluice-test' });
  return {
    databaseUrl: url.href,
    db,
    pool,
    drop: async (failed) => {
      await close();
      const statements = failed
        ? [
            `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
            `alter database ${name} rename to ${name.replace('test', 'failed')}`,
          ]
        : [`drop database ${name} with (force)`];
      await asAdmin(templateUrl, ...statements);
    },
  };
}

/** `createTestDatabase` for a file or suite: dropped after its last test, unless one failed. */
export async function useTestDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  const anyFailed = noteFailures();
  afterAll(() => database.drop(anyFailed()));
  return database;
}

/** Notes whether a test of the file or suite that is being collected fails. */
export function noteFailures(): () => boolean {
  let failed = false;
  afterEach(({ task }) => {
    failed ||= task.result?.state === 'fail';
  });
  return () => failed;
}
