import { afterAll, describe, expect, it } from 'vitest';
import type { EvaluatorConfig } from '../../schema/contracts/evaluator.ts';
import { completion, startStubCompletions } from '../agents/stub-completions.ts';
import { experimentSpec, solver } from '../support/experiment-spec.ts';
import { untilFinal } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { refusalOf } from '../support/refusal-of.ts';
import { useTestStack } from '../support/test-stack.ts';

const { as, db, sluice } = await useTestStack();
await pushDataset(sluice, 'numbers', numberedRows(20));
const stub = await startStubCompletions();
afterAll(() => stub.close());

const judge = (prompt: string, more: object = {}) =>
  ({
    type: 'llm_judge',
    name: 'judge_helpful',
    baseUrl: stub.url,
    model: 'judge-1',
    prompt,
    choices: { yes: 1, no: 0 },
    prices: { inputPerMillionUsd: 1, outputPerMillionUsd: 1 },
    ...more,
  }) as EvaluatorConfig;

describe('a pushed evaluator', () => {
  it('has numbered versions; the same content again makes none; others see it by name', async () => {
    const push = (config: EvaluatorConfig) => sluice.evaluators.push.mutate(config);
    expect(await push(judge('{{output}}?'))).toEqual({ name: 'judge_helpful', version: 1, created: true });
    expect(await push(judge('{{output}}!'))).toEqual({ name: 'judge_helpful', version: 2, created: true });
    expect(await push(judge('{{output}}?'))).toEqual({ name: 'judge_helpful', version: 1, created: false });
    expect(await as('viewer').evaluators.list.query()).toMatchObject([
      { name: 'judge_helpful', latestVersion: 2, type: 'llm_judge' },
    ]);
    const first = await as('viewer').evaluators.get.query({ name: 'judge_helpful', version: 1 });
    expect(first).toEqual({ name: 'judge_helpful', version: 1, config: judge('{{output}}?') });
    const events = await db.selectFrom('audit_event').select(['actor', 'subject']).where('verb', '=', 'evaluator.push');
    expect((await events.execute()).map(({ subject }) => subject)).toEqual([
      'evaluator:judge_helpful@1',
      'evaluator:judge_helpful@2',
    ]);
  });

  it('pushed fifty times at once is one version', async () => {
    const config: EvaluatorConfig = { type: 'exact_match', name: 'at_once' };
    const pushed = await Promise.all(Array.from({ length: 50 }, () => sluice.evaluators.push.mutate(config)));
    expect(new Set(pushed.map(({ version }) => version))).toEqual(new Set([1]));
    expect(pushed.filter(({ created }) => created)).toHaveLength(1);
  });

  it('is used in a spec by name and version; without one it is the newest', async () => {
    const planOf = async (use: string) => {
      const evaluators = [{ use }, { type: 'numeric_match' as const, name: 'correct', extract: 'A: (.*)' }];
      const { plan } = await sluice.runs.plan.mutate({ spec: experimentSpec({ evaluators }) });
      return plan.evaluators.map(({ config, version }) => [config.name, version]);
    };
    stub.answers((response) => completion(response, { content: 'yes' }));
    expect(await planOf('judge_helpful@1')).toEqual([
      ['judge_helpful', 1],
      ['correct', 1],
    ]);
    expect((await planOf('judge_helpful'))[0]).toEqual(['judge_helpful', 2]);
    expect((await planOf('judge_helpful@latest'))[0]).toEqual(['judge_helpful', 2]);
  });

  it.each([
    ['judge_helpfull@1', 'evaluators[0].use: there is no evaluator "judge_helpfull"; did you mean "judge_helpful"?'],
    ['judge_helpful@9', 'evaluators[0].use: evaluator judge_helpful has no version 9; it has 1, 2'],
    ['judge_helpful@v1', 'expected name[@version] of a stored evaluator'],
  ])('that is not there is refused with what there is: %s', async (use, says) => {
    const refusal = await refusalOf(sluice.runs.start.mutate({ spec: experimentSpec({ evaluators: [{ use }] }) }));
    expect(refusal.message).toContain(says);
  });

  it('may not share its name with another of the spec', async () => {
    const evaluators = [{ use: 'judge_helpful@1' }, { type: 'exact_match' as const, name: 'judge_helpful' }];
    const refusal = await refusalOf(sluice.runs.start.mutate({ spec: experimentSpec({ evaluators }) }));
    expect(refusal.message).toContain('evaluators[1].name: the name "judge_helpful" is used by two evaluators');
  });

  it('may be pushed by engineers, not by viewers', async () => {
    const refusal = await refusalOf(as('viewer').evaluators.push.mutate({ type: 'exact_match', name: 'mine' }));
    expect(refusal.code).toBe('forbidden');
  });

  it.each([
    [judge('{{output}}', { baseUrl: 'https://user:pass@judge.example/v1' }), 'holds a user or password'],
    [{ type: 'http', name: 'own', url: 'http://127.0.0.1:1/', headers: { 'bad header': 'x' } }, 'header'],
    [{ type: 'regex', name: 'own', pattern: '(' }, 'pattern does not compile'],
    [{ type: 'convergence', name: 'own', correct: { type: 'regex', pattern: '(' } }, 'pattern does not compile'],
  ])('that cannot work is refused when it is pushed: %#', async (config, says) => {
    const refusal = await refusalOf(sluice.evaluators.push.mutate(config as EvaluatorConfig));
    expect(refusal.message).toContain(says);
    expect(refusal.code).toBe('invalid_input');
  });
});

describe('a judge in a run', () => {
  it('gives scores that decide, from a stored version', async () => {
    // It likes answers that hold a number which the good solver gives.
    stub.answers((response, { body }) => {
      const text = String(body.messages[1]?.content);
      const isRight = /name="output" id="\w+">\nA: (\d+)\n[\s\S]*name="expected" id="\w+">\n"?\1"?\n/.test(text);
      completion(response, { content: JSON.stringify({ explanation: 'seen', label: isRight ? 'yes' : 'no' }) });
    });
    await sluice.evaluators.push.mutate(judge('{{output}} {{expected}}', { name: 'judge_right' }));
    const spec = experimentSpec({
      variants: { control: solver(4), candidate: solver(20) },
      evaluators: [{ use: 'judge_right@1' }],
      gate: { criteria: [{ metric: 'judge_right', hypothesis: 'superior' }] },
    });
    const { id } = await sluice.runs.start.mutate({ spec });
    const result = await untilFinal(sluice, id);
    expect(result).toMatchObject({ verdict: 'pass', counts: { succeeded: 40 } });
    const means = result.metrics
      .filter(({ metric }) => metric === 'judge_right')
      .map(({ variant, mean }) => [variant, mean]);
    expect(Object.fromEntries(means)).toEqual({ control: 0.2, candidate: 1 });
    const scores = await db.selectFrom('score').select(['annotator_kind', 'label', 'cost_usd']).execute();
    expect(scores.every(({ annotator_kind }) => annotator_kind === 'LLM')).toBe(true);
    expect(scores[0]?.cost_usd).toBeCloseTo(0.0012);
  });

  it('that is the model of a candidate is warned of before the run', async () => {
    const model = { adapter: 'openai', baseUrl: stub.url, model: 'Judge-1' } as const;
    const { warnings } = await sluice.runs.plan.mutate({
      spec: experimentSpec({
        variants: { control: solver(10), candidate: model },
        evaluators: [judge('{{output}}')],
      }),
    });
    expect(warnings.join('\n')).toContain('judge_helpful judges with judge-1, which is also the model of candidate');
  });

  it('that cannot be reached is told before any agent is called', async () => {
    const evaluators = [judge('{{output}}', { baseUrl: 'http://127.0.0.1:1/v1' })];
    const { id } = await sluice.runs.start.mutate({ spec: experimentSpec({ evaluators }) });
    const result = await untilFinal(sluice, id);
    expect(result).toMatchObject({ status: 'failed', agentCalls: 0 });
    expect(result.error?.message).toContain('judge_helpful');
    expect(result.error?.message).toContain('unreachable');
  });
});

describe('a pairwise metric where agents fail', () => {
  const answering = { adapter: 'exec', command: `while read -r line; do echo '{"output":"A"}'; done` } as const;
  /** Falls over on every second example. */
  const failing = {
    adapter: 'exec',
    command: `while read -r line; do case "$line" in *'"number":'*[02468]'},"context"'*) exit 3;; esac; echo '{"output":"A"}'; done`,
  } as const;

  it.each([
    ['control fails: the candidate wins', failing, answering, 0.75],
    ['the candidate fails: it loses', answering, failing, 0.25],
    ['both fail: neither loses', failing, failing, 0.5],
  ])('%s, and control stays even', async (_what, control, candidate, expected) => {
    const preferred = {
      type: 'pairwise' as const,
      name: 'preferred',
      baseUrl: stub.url,
      model: 'judge-1',
      prompt: 'Which?',
    };
    const spec = experimentSpec({ variants: { control, candidate }, evaluators: [preferred] });
    const { id } = await sluice.runs.start.mutate({ spec });
    const { metrics } = await untilFinal(sluice, id);
    const means = metrics
      .filter(({ metric }) => metric === 'preferred')
      .map(({ variant, n, mean }) => [variant, n, mean]);
    expect(means).toEqual([
      ['control', 20, 0.5],
      ['candidate', 20, expected],
    ]);
  });
});
