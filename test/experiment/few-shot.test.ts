import { afterAll, describe, expect, it } from 'vitest';
import { expandSpec } from '../../cli/run/expand-spec.ts';
import { pinnedLines } from '../../cli/run/pinned-lines.ts';
import type { AgentConfig, FewShotRule } from '../../schema/contracts/agent.ts';
import type { ExperimentSpec } from '../../schema/contracts/spec.ts';
import { completion, startStubCompletions } from '../agents/stub-completions.ts';
import { experimentSpec } from '../support/experiment-spec.ts';
import { untilFinal } from '../support/follow-run.ts';
import { pushDataset } from '../support/push-dataset.ts';
import { refusalOf } from '../support/refusal-of.ts';
import { useTestStack } from '../support/test-stack.ts';

const { db, sluice } = await useTestStack();
const stub = await startStubCompletions();
// Says what the assistant said last: the label of the nearest shot, or nothing without shots.
stub.answers((response, { body }) => {
  const shown = body.messages.findLast(({ role }) => role === 'assistant');
  completion(response, { content: shown?.content ?? 'none' });
});
afterAll(() => stub.close());

const row = (id: string, input: string, expected: string | undefined, split: string, clusterKey?: string) => ({
  id,
  input,
  ...(expected === undefined ? {} : { expected }),
  splits: [split],
  ...(clusterKey === undefined ? {} : { clusterKey }),
});
const rows = [
  row('a', 'My card has not arrived', 'card', 'train'),
  row('b', 'I forgot my passcode', 'passcode', 'train'),
  row('c', 'Why was there a fee for my transfer', 'fee', 'train'),
  row('d', 'nobody answered this one', undefined, 'train'),
  row('t1', 'Has my new card arrived?', 'card', 'test'),
  row('t2', 'What if I forgot the passcode again', 'passcode', 'test'),
  row('t3', 'A fee was taken for the transfer', 'fee', 'test'),
];
await pushDataset(sluice, 'support', rows);

const model = (fewShot?: FewShotRule): AgentConfig => ({
  adapter: 'openai',
  baseUrl: stub.url,
  model: 'stub-1',
  prompt: { system: 'Name the intent.', ...(fewShot === undefined ? {} : { fewShot }) },
});
const nearest: FewShotRule = { dataset: 'support', split: 'train', select: 'nearest', k: 2 };
/** A run that is accepted and calls nobody for long. */
async function startAndAbort(wanted: ExperimentSpec): Promise<string> {
  const { id } = await sluice.runs.start.mutate({ spec: wanted });
  await sluice.runs.abort.mutate({ id });
  return id;
}
const spec = (fewShot: FewShotRule, dataset = 'support#test') =>
  experimentSpec({
    dataset,
    variants: { control: model(), candidate: model(fewShot) },
    evaluators: [{ type: 'exact_match', name: 'correct' }],
  });

describe('an experiment with a few-shot rule', () => {
  it('shows each question its nearest examples, of the version that its plan names for good', async () => {
    const started = await sluice.runs.start.mutate({ spec: spec(nearest) });
    await pushDataset(sluice, 'support', [...rows, row('e', 'Has my new card arrived?!', 'wrong', 'train')]);
    const run = await untilFinal(sluice, started.id);
    const correct = run.metrics.find(({ metric, variant }) => metric === 'correct' && variant === 'candidate');
    expect(correct?.mean).toBe(1);
    const { plan } = await db.selectFrom('run').select('plan').where('id', '=', started.id).executeTakeFirstOrThrow();
    const pinned = plan.variants[1]?.config as AgentConfig & { adapter: 'openai' };
    expect(pinned.prompt?.fewShot).toEqual({
      ...nearest,
      dataset: 'support@1',
      versionId: plan.dataset.versionId,
    });
  });

  it('is the same plan when the spec that `run show --spec` prints is started again', async () => {
    // Calls nobody: the worker does not have its secret.
    const openai = { baseUrl: 'https://api.openai.com/v1', secret: 'ABSENT' };
    const priced = { ...model(nearest), ...openai, model: 'gpt-4o' };
    await sluice.agents.push.mutate({ agent: 'plain', config: model() });
    const dependent = { ...model(nearest), dependsOn: [{ agent: 'plain' }] };
    const variants = { control: dependent, candidate: priced };
    const id = await startAndAbort({ ...spec(nearest), variants });
    const shown = await sluice.runs.spec.query({ id });
    expect(pinnedLines(shown.plan).map((line) => line.replace(/support@\d+/, 'support'))).toEqual([
      'control depends on plain@1',
      'control is shown the nearest 2 of support#train',
      'candidate is shown the nearest 2 of support#train',
      'candidate costs $2.5 in and $10 out per million tokens, as of 2026-05-31',
    ]);
    const again = await startAndAbort(expandSpec(shown.spec, shown.plan));
    expect((await sluice.runs.spec.query({ id: again })).planHash).toBe(shown.planHash);
  });

  it('shows nobody their own answer where questions and examples overlap, and plan warns of it', async () => {
    const overlapping = spec({ ...nearest, k: 1 }, 'support@1#train');
    const { warnings } = await sluice.runs.plan.mutate({ spec: overlapping });
    expect(warnings).toContainEqual(
      expect.stringMatching(
        /^3 of 4 examples have the input or the clusterKey of one in support@\d#train, where candid/,
      ),
    );
    const started = await sluice.runs.start.mutate({
      spec: spec({ ...nearest, dataset: 'support@1', k: 1 }, 'support@1#train'),
    });
    const run = await untilFinal(sluice, started.id);
    const correct = run.metrics.find(({ metric, variant }) => metric === 'correct' && variant === 'candidate');
    expect(correct?.mean).toBe(0);
  });

  it.each([
    [
      { ...nearest, dataset: 'suport' },
      'not_found',
      'variants.candidate: prompt.fewShot.dataset: there is no dataset "suport"',
    ],
    [{ ...nearest, dataset: 'support@9' }, 'not_found', 'dataset support has no version 9'],
    [{ ...nearest, split: 'trian' }, 'not_found', 'has no split "trian"; did you mean "train"?'],
    [
      { ...nearest, dataset: 'support@1', k: 4 },
      'invalid_input',
      '4 shots are asked for, and 3 of the 4 examples of support@1#train',
    ],
    [{ dataset: 'support@1', select: 'fixed', ids: ['a', 'z'] }, 'invalid_input', 'support@1 has no example "z"'],
    [{ dataset: 'support@1', select: 'fixed', ids: ['d'] }, 'invalid_input', 'support@1 has no `expected` for "d"'],
  ] as const)('refuses %j before anything is called', async (fewShot, code, message) => {
    const refusal = await refusalOf(sluice.runs.start.mutate({ spec: spec(fewShot as unknown as FewShotRule) }));
    expect(refusal.code).toBe(code);
    expect(refusal.message).toContain(message);
  });
});

describe('an agent that is pushed', () => {
  it('has its examples and the agents it depends on pinned, so that the same file makes no version until they change', async () => {
    const push = (agent: string, config: AgentConfig) => sluice.agents.push.mutate({ agent, config });
    await push('retriever', model());
    const asker: AgentConfig = { ...model(nearest), dependsOn: [{ agent: 'retriever' }] };
    expect(await push('asker', asker)).toMatchObject({ version: 1, created: true });
    expect(await push('asker', asker)).toMatchObject({ version: 1, created: false });
    await push('retriever', model({ ...nearest, k: 1 }));
    expect(await push('asker', asker)).toMatchObject({ version: 2, created: true });
    const variants = { control: { agent: 'asker', version: 1 }, candidate: { agent: 'asker', version: 2 } };
    const { plan } = await sluice.runs.plan.mutate({ spec: { ...spec(nearest), variants } });
    expect(plan.variants.map(({ config }) => config.dependsOn)).toEqual([
      [{ agent: 'retriever', version: 1 }],
      [{ agent: 'retriever', version: 2 }],
    ]);
  });

  it('may not depend on itself, nor on what is not there', async () => {
    const push = (agent: string, dependsOn: AgentConfig['dependsOn']) =>
      sluice.agents.push.mutate({ agent, config: { ...model(), dependsOn } });
    await push('first', []);
    await push('second', [{ agent: 'first' }]);
    expect((await refusalOf(push('first', [{ agent: 'second' }]))).message).toBe(
      'dependsOn[0]: the agent would depend on itself: first -> second -> first',
    );
    expect((await refusalOf(push('third', [{ agent: 'secnod' }]))).message).toContain(
      'dependsOn[0]: there is no agent "secnod"; did you mean "second"?',
    );
    expect((await refusalOf(push('third', [{ agent: 'second', version: 2 }]))).message).toContain('has no version 2');
  });
});

describe('the price of a model', () => {
  it('is frozen with the plan: from the spec, else from the price list; a model without one is warned of', async () => {
    const openai = { adapter: 'openai' as const, baseUrl: 'https://api.openai.com/v1' };
    const { plan, warnings } = await sluice.runs.plan.mutate({
      spec: {
        ...spec(nearest),
        variants: {
          control: { ...openai, model: 'gpt-4.1-mini', sideEffects: true },
          own: {
            ...openai,
            model: 'gpt-4.1',
            prices: { inputPerMillionUsd: 1, outputPerMillionUsd: 2 },
            sideEffects: true,
          },
          unknown: { ...openai, model: 'gpt-0', sideEffects: true },
        },
        budget: { maxCostUsd: 1 },
      },
    });
    const prices = plan.variants.map(({ config }) => config.adapter === 'openai' && config.prices);
    expect(prices).toEqual([
      { inputPerMillionUsd: 0.4, cachedInputPerMillionUsd: 0.1, outputPerMillionUsd: 1.6, dated: '2026-06-21' },
      { inputPerMillionUsd: 1, outputPerMillionUsd: 2 },
      undefined,
    ]);
    expect(warnings).toContain(
      'the price of gpt-0 at api.openai.com is not known: costUsd of unknown will be unknown, and cannot be held to the budget of $1; give it `prices`',
    );
  });
});
