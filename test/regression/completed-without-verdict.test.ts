import { expect, it } from 'vitest';
import { experimentSpec } from '../support/experiment-spec.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { useTestStack } from '../support/test-stack.ts';

const { sluice, as } = await useTestStack();
await pushDataset(sluice, 'numbers', numberedRows(5));

/** `runs.get` looked twice; a run completed in between was shown as completed, without its verdict. */
it('whoever sees a run completed sees its verdict', async () => {
  const watchers = [as('viewer'), as('approver'), as('admin'), as('on_call')];
  for (let round = 0; round < 5; round += 1) {
    const { id } = await sluice.runs.start.mutate({ spec: experimentSpec() });
    const seen = await Promise.all(
      watchers.map(async (watcher) => {
        for (;;) {
          const run = await watcher.runs.get.query({ id });
          if (run.status === 'completed') return run.verdict;
        }
      }),
    );
    expect(seen.every((verdict) => verdict !== null)).toBe(true);
  }
});
