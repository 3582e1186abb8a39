import { beforeAll, expect, test } from 'vitest';
import { newId } from '../../schema/ids.ts';
import { recordCalls } from '../../store/outcomes/record-calls.ts';
import { findSplit } from '../../store/traffic/find-split.ts';
import { insertExposures } from '../../store/traffic/insert-exposures.ts';
import { pushSupportBot, rolloutSpec, untilResult } from '../rollout/use-rollout.ts';
import { eventually } from '../support/eventually.ts';
import { refusalOf } from '../support/refusal-of.ts';
import { runCli } from '../support/run-cli.ts';
import { type TestStack, useTestStack } from '../support/test-stack.ts';
import { wrongCounts } from './moving-rollout.ts';

let stack: TestStack;
let agentId: string;

beforeAll(async () => {
  stack = await useTestStack();
  agentId = await pushSupportBot(stack);
  await stack.sluice.evaluators.push.mutate({ type: 'contains', name: 'polite', value: 'please' });
  await stack.sluice.evaluators.push.mutate({ type: 'contains', name: 'leak', value: 'SECRET' });
  await stack.sluice.evaluators.push.mutate({ type: 'function', name: 'broken', function: 'throws', kind: 'binary' });
});

/** A rollout whose one stage lasts, its units exposed and answered. */
const begin = async (
  more: Parameters<typeof rolloutSpec>[0],
  answers: { unit: string; variant: string; output?: string }[],
) => {
  const { id } = await stack.sluice.runs.start.mutate({
    spec: rolloutSpec({ stages: [{ traffic: 0.5, minDuration: '10ms', minSamples: 100_000 }], ...more }),
  });
  await untilResult(stack, id, ({ stage }) => stage === 1);
  const split = await findSplit(stack.db, agentId);
  const revision = split?.revision as number;
  const at = new Date();
  await insertExposures(stack.db, {
    agentId,
    exposures: answers.map(({ unit, variant }) => ({ unit, variant, revision, at })),
  });
  await recordCalls(
    stack.db,
    answers.map(({ unit, variant, output }) => ({
      id: newId('run'),
      projectId: 'prj_default',
      agentId,
      runId: id,
      variant,
      version: variant === 'control' ? 1 : 2,
      revision,
      unit,
      randomised: true,
      traceId: newId('run'),
      shadow: false,
      fellBack: false,
      status: output === undefined ? ('failed' as const) : ('succeeded' as const),
      errorClass: null,
      latencyMs: 10,
      firstTokenMs: null,
      inputTokens: null,
      outputTokens: null,
      costUsd: null,
      steps: null,
      at,
      input: 'how are you?',
      ...(output === undefined ? {} : { output }),
    })),
  );
  return id;
};
const end = async (id: string) => {
  await stack.sluice.runs.abort.mutate({ id, reason: 'the test is over' });
  await untilResult(stack, id, ({ status }) => status === 'aborted');
};
const judged = (runId: string, count: number) =>
  eventually(async () => {
    const rows = await stack.db
      .selectFrom('unit_metric')
      .select(['unit', 'value', 'state', 'variant'])
      .where('run_id', '=', runId)
      .orderBy('unit')
      .execute();
    if (rows.length < count) throw new Error(`${rows.length} of ${count} are judged`);
    return rows;
  });
const evaluated = (name: string, more: object = {}) => ({
  metric: name,
  guardrail: true,
  source: 'evaluator' as const,
  ...more,
});

test('live answers are judged beside the looks: each first answer once, and no answer is the worst there is', async () => {
  const id = await begin({ metrics: [evaluated('polite')], evaluators: [{ use: 'polite@1' }] }, [
    { unit: 'a', variant: 'control', output: 'yes please' },
    { unit: 'b', variant: 'candidate', output: 'no' },
    { unit: 'c', variant: 'candidate' },
  ]);
  expect(await judged(id, 3)).toEqual([
    { unit: 'a', value: 1, state: 'final', variant: 'control' },
    { unit: 'b', value: 0, state: 'final', variant: 'candidate' },
    { unit: 'c', value: 0, state: 'final', variant: 'candidate' },
  ]);
  expect(await wrongCounts(stack.db)).toEqual([]);
  await end(id);
});

test('an evaluator that fails is told apart from a bad answer: no value, and its data state says so', async () => {
  const id = await begin(
    { metrics: [evaluated('broken')], evaluators: [{ use: 'broken' }] },
    Array.from({ length: 6 }, (_, index) => ({
      unit: `f${index}`,
      variant: index % 2 ? 'control' : 'candidate',
      output: 'x',
    })),
  );
  const result = await untilResult(stack, id, ({ guardrails }) => guardrails?.[0]?.dataState === 'failing_evaluator');
  expect(result.guardrails?.[0]).toMatchObject({ metric: 'broken', n: { candidate: 0, control: 0 } });
  const failures = await stack.db
    .selectFrom('live_judgement')
    .select(['state', 'attempts', 'message'])
    .where('run_id', '=', id)
    .execute();
  expect(failures).toHaveLength(6);
  // It is asked again, later.
  for (const one of failures) {
    expect(one).toMatchObject({ state: 'waiting', message: expect.stringContaining('fell off the bench') });
    expect(one.attempts).toBeGreaterThan(0);
  }
  await end(id);
});

test('an event of a judge with zero tolerance rolls back once it is judged a second time', async () => {
  const id = await begin(
    {
      metrics: [evaluated('leak', { kind: 'binary', direction: 'lower', zeroTolerance: 1 })],
      evaluators: [{ use: 'leak' }],
    },
    [
      { unit: 'fine', variant: 'candidate', output: 'hello' },
      { unit: 'leaky', variant: 'candidate', output: 'the SECRET' },
    ],
  );
  const result = await untilResult(stack, id, ({ status }) => status === 'completed');
  expect(result).toMatchObject({ verdict: 'fail', action: 'roll_back' });
  expect(await stack.sluice.runs.events.query({ id })).toMatchObject([
    { unit: 'leaky', metric: 'leak', variant: 'candidate', confirmedBy: 'second judgement' },
  ]);
});

test('an event that came as an outcome waits for a person: refuted it counts nothing, confirmed it rolls back', async () => {
  const id = await begin(
    {
      metrics: [
        {
          metric: 'harm',
          guardrail: true,
          kind: 'binary',
          direction: 'lower',
          zeroTolerance: 1,
          silence: 'exclude',
          attributionWindow: '1h',
        },
      ],
    },
    [{ unit: 'hurt', variant: 'candidate', output: 'x' }],
  );
  const response = await fetch(`${stack.url}/v1/outcomes`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.keys.ingest}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      outcomes: [{ agent: 'support-bot', unit: 'hurt', metric: 'harm', value: true, identifier: 'r' }],
    }),
  });
  expect(await response.json()).toMatchObject({ accepted: 1 });
  expect(await stack.sluice.runs.events.query({ id })).toMatchObject([
    { unit: 'hurt', confirmedBy: null, refutedBy: null },
  ]);
  const said = { id, unit: 'hurt', metric: 'harm', reason: 'I called them' };
  expect((await refusalOf(stack.as('ingest').runs.confirmEvent.mutate({ ...said, confirm: true }))).code).toBe(
    'forbidden',
  );
  expect((await refusalOf(stack.as('viewer').runs.confirmEvent.mutate({ ...said, confirm: true }))).code).toBe(
    'forbidden',
  );
  const unknown = stack.as('annotator').runs.confirmEvent.mutate({ ...said, unit: 'nobody', confirm: true });
  expect((await refusalOf(unknown)).message).toContain('no event of harm for the unit nobody');
  expect(await stack.as('annotator').runs.confirmEvent.mutate({ ...said, confirm: false })).toMatchObject({
    changed: true,
  });
  expect((await stack.sluice.runs.get.query({ id })).status).toBe('running');
  const env = { SLUICE_URL: stack.url, SLUICE_API_KEY: stack.keys.on_call };
  const listed = await runCli(['run', 'events', id], { env });
  expect(listed.stdout).toMatch(/harm {2}candidate {2}hurt {2}refuted by person:annotator/);
  const confirmed = await runCli(
    ['run', 'confirm', id, '--unit', 'hurt', '--metric', 'harm', '--reason', 'it was so', '--json'],
    { env },
  );
  expect(JSON.parse(confirmed.stdout)).toEqual({ id, changed: true });
  expect(await untilResult(stack, id, ({ status }) => status === 'completed')).toMatchObject({ action: 'roll_back' });
});

test('a metric that no evaluator of the rollout says is refused before the first unit', async () => {
  const spec = rolloutSpec({ metrics: [evaluated('polite')], evaluators: [{ use: 'leak' }] });
  const refusal = await refusalOf(stack.sluice.runs.start.mutate({ spec }));
  expect(refusal).toMatchObject({
    code: 'invalid_input',
    message: 'metrics[0].source: no evaluator of this rollout says polite',
  });
});
