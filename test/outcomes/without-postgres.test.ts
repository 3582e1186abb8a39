import { expect, test } from 'vitest';
import { createKey } from '../../store/keys/create-key.ts';
import { placeRollout } from '../data-plane/place-rollout.ts';
import { startApi } from '../data-plane/start-api.ts';
import { startCuttableProxy } from '../support/cuttable-proxy.ts';
import { createTestDatabase } from '../support/test-database.ts';

test('while Postgres is away outcomes are refused with a time to come again, and the same request is taken once it is back', async () => {
  const database = await createTestDatabase();
  const url = new URL(database.databaseUrl);
  const proxy = await startCuttableProxy({ host: url.hostname, port: Number(url.port) });
  url.port = String(proxy.port);
  const { apiKey } = await createKey(database.db, { projectId: 'prj_default', service: 'shop', role: 'ingest' });
  await placeRollout(database.db);
  const api = await startApi({ databaseUrl: url.href });
  try {
    const post = () =>
      fetch(`${api.url}/v1/outcomes`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          outcomes: [{ agent: 'support-bot', unit: 'one', metric: 'resolved', value: 1, identifier: 'first' }],
        }),
      });
    expect((await (await post()).json()) as object).toMatchObject({ accepted: 1 });
    await proxy.cut();
    const refused = await post();
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    await proxy.mend();
    const again = await post();
    expect({ status: again.status, json: await again.json() }).toEqual({
      status: 200,
      json: { accepted: 0, duplicates: 1, rejected: [] },
    });
  } finally {
    await api.stop();
    await proxy.close();
    await database.drop(false);
  }
});
