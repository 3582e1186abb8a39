import { expect, inject, it } from 'vitest';
import { runApi } from '../../api/main.ts';
import { startCuttableProxy } from '../support/cuttable-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { useTestStack } from '../support/test-stack.ts';

const { databaseUrl, temporalNamespace, auditKey } = await useTestStack();

/** Once the migrations were done nobody asked again, and `/readyz` said 200 for as long as Postgres was away. */
it('/readyz is 503 while Postgres is away, and 200 again when it is back', async () => {
  const url = new URL(databaseUrl);
  const proxy = await startCuttableProxy({ host: url.hostname, port: Number(url.port) });
  url.port = `${proxy.port}`;
  const closing = new AbortController();
  const api = await runApi(
    {
      databaseUrl: url.href,
      temporalNamespace,
      temporalConnection: { address: inject('temporalAddress') },
      host: '127.0.0.1',
      port: 0,
      auditKey,
      log: false,
    },
    closing.signal,
  );
  const readyz = async () => {
    const response = await fetch(`${api.url}/readyz`);
    return { status: response.status, body: await response.json() };
  };
  const ready = { status: 200, body: { ready: true, problems: [] } };
  const becomesReady = () => eventually(async () => ((await readyz()).status === 200 ? true : undefined));
  await becomesReady();
  await proxy.cut();
  expect(await readyz()).toEqual({ status: 503, body: { ready: false, problems: ['Postgres does not answer'] } });
  await proxy.mend();
  await becomesReady();
  expect(await readyz()).toEqual(ready);
  closing.abort();
  await api.closed;
  await proxy.close();
});
