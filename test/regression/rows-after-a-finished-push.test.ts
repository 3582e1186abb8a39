import { expect, it } from 'vitest';
import { numberedRows } from '../support/push-dataset.ts';
import { useTestStack } from '../support/test-stack.ts';

const { sluice } = await useTestStack({ workers: 0 });

it('a push that is finished takes no more rows, though finishing it again gives the same answer', async () => {
  const { pushId } = await sluice.datasets.beginPush.mutate({ name: 'late' });
  await sluice.datasets.pushRows.mutate({ pushId, ordinal: 0, rows: numberedRows(2) });
  const finished = await sluice.datasets.finishPush.mutate({ pushId, rows: 2 });
  await expect(sluice.datasets.pushRows.mutate({ pushId, ordinal: 2, rows: numberedRows(1) })).rejects.toThrow(
    `there is no open push ${pushId}`,
  );
  expect(await sluice.datasets.finishPush.mutate({ pushId, rows: 2 })).toEqual(finished);
});
