import { describe, expect, it } from 'vitest';
import type { ExperimentSpec } from '../../schema/contracts/spec.ts';
import { eventually } from '../support/eventually.ts';
import { experimentSpec, solver } from '../support/experiment-spec.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { refusalOf } from '../support/refusal-of.ts';
import { useTestStack } from '../support/test-stack.ts';

const { db, sluice, temporal } = await useTestStack({ workers: 0 });
await pushDataset(sluice, 'numbers', [...numberedRows(4, { splits: ['test'] })]);
await pushDataset(sluice, 'questions', [{ input: 'How many?' }]);
await sluice.agents.push.mutate({ agent: 'solver', config: { adapter: 'function', function: 'solve' } });

const startsOf = async (runId: string) => {
  const history = await eventually(() => temporal.workflow.getHandle(`exp/${runId}`).fetchHistory());
  return history.events?.filter((event) => event.workflowExecutionStartedEventAttributes).length;
};

describe('a start', () => {
  it('delivered fifty times at once begins one run', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        sluice.runs.start.mutate({ spec: experimentSpec({ name: 'fifty' }), idempotencyKey: 'fifty' }),
      ),
    );
    const ids = new Set(answers.map((answer) => answer.id));
    expect(ids.size).toBe(1);
    expect(answers.filter((answer) => answer.created)).toHaveLength(1);
    const [id = ''] = ids;
    expect(await startsOf(id)).toBe(1);
    const rows = await db.selectFrom('run').select('id').where('name', '=', 'fifty').execute();
    expect(rows).toEqual([{ id }]);
    const audited = await db.selectFrom('audit_event').select('verb').where('subject', '=', `run:${id}`).execute();
    expect(audited).toEqual([{ verb: 'run.start' }]);
  });

  it('with a key that began another run is a conflict that names it', async () => {
    const { id } = await sluice.runs.start.mutate({ spec: experimentSpec(), idempotencyKey: 'taken' });
    for (const other of [{ spec: experimentSpec({ repetitions: 2 }) }, { spec: experimentSpec(), limit: 1 }]) {
      const { code, message } = await refusalOf(sluice.runs.start.mutate({ ...other, idempotencyKey: 'taken' }));
      expect(code).toBe('conflict');
      expect(message).toBe(`the idempotency key "taken" belongs to ${id}, which was started with another spec`);
    }
  });

  it('sent again from another job, by another person, is the same run and keeps where it came from', async () => {
    const from = (actor: string) => ({ spec: experimentSpec({ git: { sha: 'a1', actor } }), idempotencyKey: 'jobs' });
    const { id } = await sluice.runs.start.mutate(from('ada'));
    expect(await sluice.runs.start.mutate(from('bo'))).toMatchObject({ id, created: false });
    expect((await sluice.runs.get.query({ id })).git).toEqual({ sha: 'a1', actor: 'ada' });
  });

  it('with keys in another order is the same spec', async () => {
    const spec = experimentSpec();
    const reversed = Object.fromEntries(Object.entries(spec).reverse()) as ExperimentSpec;
    const first = await sluice.runs.start.mutate({ spec, idempotencyKey: 'order' });
    expect(await sluice.runs.start.mutate({ spec: reversed, idempotencyKey: 'order' })).toEqual({
      ...first,
      created: false,
    });
  });

  it('without a key begins a run each time', async () => {
    const spec = experimentSpec();
    const [one, other] = await Promise.all([sluice.runs.start.mutate({ spec }), sluice.runs.start.mutate({ spec })]);
    expect(one.id).not.toBe(other.id);
  });

  it('writes every name and default out in the plan', async () => {
    const spec = experimentSpec({
      dataset: 'numbers@latest#test',
      variants: { control: { agent: 'solver' }, new: solver(1) },
    });
    const { id } = await sluice.runs.start.mutate({ spec });
    const stored = await sluice.runs.spec.query({ id });
    expect(stored.spec).toEqual(spec);
    expect(stored.plan).toMatchObject({
      dataset: { name: 'numbers', version: 1, split: 'test' },
      variants: [
        { name: 'control', agent: { name: 'solver', version: 1 } },
        { name: 'new', agent: null },
      ],
      repetitions: 1,
      concurrency: 8,
      retries: 2,
      evaluators: [{ version: 1 }],
      limit: null,
    });
    expect(stored.planHash).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('a spec is refused with where, what and what to do when', () => {
  it.each<[string, Partial<ExperimentSpec>, string, RegExp]>([
    [
      'its dataset is misspelt',
      { dataset: 'nubmers' },
      'there is no dataset "nubmers"; did you mean "numbers"?',
      /dataset push/,
    ],
    [
      'its dataset has no such version',
      { dataset: 'numbers@7' },
      'dataset numbers has no version 7; it has 1',
      /@latest/,
    ],
    [
      'its dataset has no such split',
      { dataset: 'numbers#tset' },
      'dataset numbers@1 has no split "tset"; did you mean "test"?',
      /test/,
    ],
    [
      'a criterion names a split that is not there',
      { gate: { criteria: [{ metric: 'correct', split: 'golden' }] } },
      'dataset numbers@1 has no split "golden"',
      /Use one of its splits: test/,
    ],
    [
      'its agent is misspelt',
      { variants: { control: { agent: 'slover' }, new: solver(1) } },
      'there is no agent "slover"; did you mean "solver"?',
      /agent push/,
    ],
    [
      'its agent has no such version',
      { variants: { control: { agent: 'solver', version: 3 }, new: solver(1) } },
      'agent solver has no version 3; it has 1',
      /push/,
    ],
    [
      'its metric is misspelt',
      { gate: { criteria: [{ metric: 'corect' }] } },
      'gate.criteria[0].metric: no evaluator or built-in metric is named "corect"; did you mean "correct"?',
      /latencyMs/,
    ],
    ['its gate is not there', { gate: 'release@2' }, 'there is no gate "release" version 2', /gate push/],
    [
      'its evaluator compares with what the dataset lacks',
      { dataset: 'questions' },
      'evaluators[0]: numeric_match "correct" compares with `expected`, and none of the 1 examples of questions@1 has one',
      /--map expected=COLUMN/,
    ],
  ])('%s', async (_, more, message, fix) => {
    const runs = await db.selectFrom('run').select('id').execute();
    const refusal = await refusalOf(sluice.runs.start.mutate({ spec: experimentSpec(more) }));
    expect(refusal.message).toContain(message);
    expect(refusal.fix).toMatch(fix);
    expect(['invalid_input', 'not_found']).toContain(refusal.code);
    expect(await db.selectFrom('run').select('id').execute()).toHaveLength(runs.length);
  });

  it.each<[string, object, string]>([
    ['a key is unknown', { ...experimentSpec(), concurency: 4 }, 'concurency'],
    [
      'control is missing',
      experimentSpec({ variants: { a: solver(1), b: solver(2) } }),
      'one variant must be named "control"',
    ],
    [
      'there is nothing to compare with',
      experimentSpec({ variants: { control: solver(1) } }),
      'at least one candidate',
    ],
    ['concurrency is zero', experimentSpec({ concurrency: 0 }), 'concurrency'],
  ])('%s', async (_, spec, found) => {
    const refusal = await refusalOf(sluice.runs.start.mutate({ spec: spec as ExperimentSpec }));
    expect(refusal.code).toBe('invalid_input');
    expect(refusal.message).toContain(found);
  });
});

it('a run that is not there is said to be not there, by every verb', async () => {
  const id = 'run_nowhere';
  for (const call of [
    () => sluice.runs.get.query({ id }),
    () => sluice.runs.spec.query({ id }),
    () => sluice.runs.pause.mutate({ id }),
    () => sluice.runs.resume.mutate({ id }),
    () => sluice.runs.abort.mutate({ id }),
    () => sluice.runs.examples.query({ id, metric: 'correct' }),
  ]) {
    expect(await refusalOf(call())).toMatchObject({ code: 'not_found', message: 'there is no run "run_nowhere"' });
  }
});
