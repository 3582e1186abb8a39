import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { experimentSpec } from '../support/experiment-spec.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { startStubAgent } from '../support/stub-agent.ts';
import { useTestStack } from '../support/test-stack.ts';

const { db, sluice, startWorker, temporal } = await useTestStack({ workers: 0 });
await pushDataset(sluice, 'numbers', numberedRows(10));

it('a question nobody waits for any more calls no agent when a worker comes', async () => {
  const stub = await startStubAgent();
  const variant = { adapter: 'http' as const, url: `${stub.url}/run` };
  const spec = experimentSpec({ variants: { control: variant, candidate: variant } });
  const leaving = new AbortController();
  const asked = sluice.runs.plan.mutate({ spec }, { signal: leaving.signal }).catch((error: Error) => error);
  const { id } = await eventually(() => db.selectFrom('plan_preview').select('id').executeTakeFirst());
  leaving.abort();
  expect(await asked).toBeInstanceOf(Error);
  await eventually(async () => {
    const row = await db.selectFrom('plan_preview').select('id').executeTakeFirst();
    return row === undefined ? true : undefined;
  });
  await startWorker();
  await eventually(() =>
    temporal.workflow
      .getHandle(`plan/${id}`)
      .result()
      .then(() => true),
  );
  expect(stub.calls()).toBe(0);
  await stub.close();
});
