import { expect, it } from 'vitest';
import type { SluiceClient } from '../../client/create-client.ts';
import type { RunProgress } from '../../schema/contracts/result.ts';
import { isFinal } from '../../schema/contracts/words.ts';
import { experimentSpec } from '../support/experiment-spec.ts';
import { untilFinal } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { useTestStack } from '../support/test-stack.ts';

const { as, sluice } = await useTestStack();
await pushDataset(sluice, 'numbers', numberedRows(200));

/** All updates until the subscription ends by itself. */
const watch = (client: SluiceClient, id: string) =>
  new Promise<RunProgress[]>((resolve, reject) => {
    const updates: RunProgress[] = [];
    client.runs.watch.subscribe(
      { id },
      { onData: (update) => updates.push(update), onComplete: () => resolve(updates), onError: reject },
    );
  });

it('watching a run tells its progress until the last update says final', async () => {
  const { id } = await sluice.runs.start.mutate({ spec: experimentSpec() });
  const updates = await watch(as('viewer'), id);
  expect(updates.length).toBeGreaterThan(1);
  expect(updates.filter((update) => update.final)).toEqual([updates.at(-1)]);
  expect(updates.at(-1)).toMatchObject({
    id,
    status: 'completed',
    done: 400,
    agentCalls: 400,
    counts: { planned: 400, succeeded: 400, failed: 0, missing: 0, notRun: 0 },
  });
  const done = updates.map((update) => update.done);
  expect(done).toEqual(done.toSorted((a, b) => a - b));
  expect(updates.every((update) => update.final === isFinal(update.status))).toBe(true);
});

it('watching a run that is over tells so once', async () => {
  const { id } = await sluice.runs.start.mutate({ spec: experimentSpec(), limit: 1 });
  await untilFinal(sluice, id);
  expect(await watch(sluice, id)).toMatchObject([{ final: true, status: 'completed', done: 2 }]);
});

it('many may watch one run', async () => {
  const { id } = await sluice.runs.start.mutate({ spec: experimentSpec(), limit: 20 });
  const all = await Promise.all(Array.from({ length: 5 }, () => watch(as('viewer'), id)));
  for (const updates of all) expect(updates.at(-1)).toMatchObject({ final: true, done: 40 });
});

it('watching a run that is not there says so', async () => {
  const problem = await new Promise<Error>((resolve) => {
    sluice.runs.watch.subscribe({ id: 'run_nowhere' }, { onData: () => {}, onError: resolve });
  });
  expect(problem.message).toBe('there is no run "run_nowhere"');
});
