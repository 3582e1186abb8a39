import { describe, expect, it } from 'vitest';
import { experimentSpec, solver } from '../support/experiment-spec.ts';
import { untilFinal } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { refusalOf } from '../support/refusal-of.ts';
import { useTestStack } from '../support/test-stack.ts';

const { db, sluice } = await useTestStack();
await pushDataset(sluice, 'numbers', numberedRows(20, { splits: ['test'] }));

describe('a rerun', () => {
  it('of agents declared in the spec asks the newest version of the data, and says what it came from', async () => {
    const spec = experimentSpec({ tags: ['nightly'], variants: { control: solver(5), candidate: solver(15) } });
    const first = await sluice.runs.start.mutate({ spec });
    await untilFinal(sluice, first.id);
    await pushDataset(sluice, 'numbers', numberedRows(30, { splits: ['test'] }));

    const again = await sluice.runs.rerun.mutate({ id: first.id });
    expect(again).toMatchObject({ created: true, rerunOf: first.id, name: 'two-solvers' });
    expect([again.before.dataset.version, again.after.dataset.version]).toEqual([1, 2]);
    const run = await untilFinal(sluice, again.id);
    expect(run).toMatchObject({
      status: 'completed',
      counts: { planned: 60, succeeded: 60 },
      rerunOf: first.id,
      tags: ['nightly'],
    });
    // The first run is as it was.
    expect(await sluice.runs.get.query({ id: first.id })).toMatchObject({ counts: { planned: 40 } });
    const event = await db
      .selectFrom('audit_event')
      .select('detail')
      .where('subject', '=', `run:${again.id}`)
      .executeTakeFirstOrThrow();
    expect(event.detail).toMatchObject({ rerunOf: first.id });
  });

  it('takes another split, another agent version and another name', async () => {
    const push = (right: number) =>
      sluice.agents.push.mutate({ agent: 'solver', config: solver(right) as never }).then(({ version }) => version);
    await push(5);
    const first = await sluice.runs.start.mutate({
      spec: experimentSpec({
        dataset: 'numbers@1',
        variants: { control: { agent: 'solver', version: 1 }, candidate: { agent: 'solver' } },
      }),
      limit: 4,
    });
    await untilFinal(sluice, first.id);
    const second = await push(20);
    const again = await sluice.runs.rerun.mutate({
      id: first.id,
      dataset: 'numbers@latest#test',
      variants: { control: 'solver@latest' },
      name: 'renamed',
    });
    expect(again.name).toBe('renamed');
    expect(again.after).toMatchObject({
      dataset: { version: 2, split: 'test' },
      limit: 4,
      // The candidate had no version: it is the newest one now.
      variants: [{ agent: { version: second } }, { agent: { version: second } }],
    });
  });

  it('with the same key starts one run, however often it is asked for', async () => {
    const first = await sluice.runs.start.mutate({ spec: experimentSpec(), limit: 1 });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => sluice.runs.rerun.mutate({ id: first.id, idempotencyKey: 'again' })),
    );
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
  });

  it('is refused for a variant, a dataset or an agent that is not there', async () => {
    const { id } = await sluice.runs.start.mutate({ spec: experimentSpec(), limit: 1 });
    const variant = await refusalOf(sluice.runs.rerun.mutate({ id, variants: { candidat: 'solver@1' } }));
    expect(variant.message).toContain('has no variant "candidat"; did you mean "candidate"?');
    const agent = await refusalOf(sluice.runs.rerun.mutate({ id, variants: { candidate: 'solver@@1' } }));
    expect(agent.message).toContain('expected agent[@version], found "solver@@1"');
    const data = await refusalOf(sluice.runs.rerun.mutate({ id, dataset: 'numbers@99' }));
    expect(data.code).toBe('not_found');
  });
});

it('runs are listed by tag', async () => {
  const start = (tags: string[]) => sluice.runs.start.mutate({ spec: experimentSpec({ tags }), limit: 1 });
  const one = await start(['release', 'eu']);
  const other = await start(['eu']);
  const ids = async (tag: string) => (await sluice.runs.list.query({ tag })).map((run) => run.id).sort();
  expect(await ids('eu')).toEqual([one.id, other.id].sort());
  expect(await ids('release')).toEqual([one.id]);
  expect(await ids('none')).toEqual([]);
  const [listed] = await sluice.runs.list.query({ tag: 'release' });
  expect(listed?.tags).toEqual(['release', 'eu']);
});
