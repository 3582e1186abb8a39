import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { openDatabase } from '../../store/open-database.ts';
import { startCuttableProxy } from '../support/cuttable-proxy.ts';
import { useTestDatabase } from '../support/test-database.ts';

const { databaseUrl } = await useTestDatabase();

/** A connection that broke between two statements of a transaction ended the process that held it. */
it('a connection that breaks within a transaction fails the transaction, not the process', async () => {
  const uncaught: unknown[] = [];
  const note = (error: unknown) => uncaught.push(error);
  process.prependListener('uncaughtException', note);
  const url = new URL(databaseUrl);
  const proxy = await startCuttableProxy({ host: url.hostname, port: Number(url.port) });
  url.port = `${proxy.port}`;
  const { db, close } = openDatabase({ databaseUrl: url.href });
  const transaction = db.transaction().execute(async (trx) => {
    await sql`select 1`.execute(trx);
    await proxy.cut();
    // The socket's end arrives while nothing is asked, and then while a statement waits.
    await new Promise((resolve) => setImmediate(resolve));
    await sql`select 2`.execute(trx);
  });
  await expect(transaction).rejects.toThrow();
  await proxy.mend();
  expect((await sql<{ one: number }>`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
  process.removeListener('uncaughtException', note);
  expect(uncaught).toEqual([]);
  await close();
  await proxy.close();
});
