import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentConfig } from '../../schema/contracts/agent.ts';
import type { RunResult } from '../../schema/contracts/result.ts';
import {
  completion,
  done,
  piece,
  sendJson,
  startStubCompletions,
  stream,
  usagePiece,
} from '../agents/stub-completions.ts';
import { experimentSpec } from '../support/experiment-spec.ts';
import { untilFinal } from '../support/follow-run.ts';
import { pushDataset } from '../support/push-dataset.ts';
import { useTestStack } from '../support/test-stack.ts';

const { db, sluice } = await useTestStack();
const stub = await startStubCompletions();
afterAll(() => stub.close());

const prices = { inputPerMillionUsd: 2.5, outputPerMillionUsd: 10 };
/** What every answer that tells its tokens is billed: 1,000 × 2.5 / 10^6 + 200 × 10 / 10^6. */
const priceUsd = 0.0045;

/** What the stub does for a question, at which attempt; each answer that it bills it enters into its ledger. */
const acts: Record<
  string,
  (ask: { bill: () => void; attempt: number; response: Parameters<typeof completion>[0] }) => void
> = {
  fine: ({ bill, response }) => {
    bill();
    completion(response, { content: '"fine"' });
  },
  drips: async ({ bill, response }) => {
    bill();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const text = piece({ content: '"fi' }) + piece({ content: 'ne"' }) + piece({}, 'stop') + usagePiece + done;
    for (const byte of Buffer.from(text)) await new Promise((sent) => response.write(Buffer.of(byte), sent));
    response.end();
  },
  'cut off, then fine': ({ bill, attempt, response }) => {
    bill();
    if (attempt === 1) stream(response, piece({ content: '"fi' }) + usagePiece);
    else completion(response, { content: '"fine"' });
  },
  'broken off, then fine': ({ bill, attempt, response }) => {
    if (attempt > 1) return acts.fine?.({ bill, attempt, response });
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"choices"', () => response.destroy());
  },
  'always cut off': ({ bill, response }) => {
    bill();
    stream(response, piece({ content: '"fi' }) + usagePiece);
  },
  'limited, then fine': ({ bill, attempt, response }) => {
    if (attempt > 1) return acts.fine?.({ bill, attempt, response });
    sendJson(response, { error: { message: 'slow down' } }, 429, { 'retry-after': '0.2' });
  },
  'wrong JSON': ({ bill, response }) => {
    bill();
    completion(response, { content: 'Sure! Here it is: "fine"' });
  },
  refusal: ({ bill, response }) => {
    bill();
    completion(response, { content: null, refusal: 'I cannot help.' });
  },
  tools: ({ bill, response }) => {
    bill();
    const tool_calls = [{ id: 'call_1', function: { name: 'refund', arguments: '{"amount":3}' } }];
    completion(response, { content: null, tool_calls });
  },
  'no access': ({ response }) => sendJson(response, { error: { message: 'no such key' } }, 401),
};

const ledger = new Map<string, number>();
const attempts = new Map<string, number>();
stub.answers((response, { headers, body }) => {
  const key = String(headers['idempotency-key']);
  const attempt = (attempts.get(key) ?? 0) + 1;
  attempts.set(key, attempt);
  const act = String(body.messages.at(-1)?.content);
  const bill = () => ledger.set(key, (ledger.get(key) ?? 0) + 1);
  acts[act]?.({ bill, attempt, response });
});

const model = (more: object = {}): AgentConfig => ({
  adapter: 'openai',
  baseUrl: stub.url,
  model: 'large-1',
  response: 'json',
  prices,
  ...more,
});

describe('a model that streams, drips, breaks off, limits, answers wrongly, refuses and calls tools', () => {
  let run: RunResult;
  let trials: Awaited<ReturnType<typeof readTrials>>;
  const readTrials = (id: string) => db.selectFrom('trial').selectAll().where('run_id', '=', id).execute();
  beforeAll(async () => {
    const rows = Object.keys(acts).flatMap((input) =>
      [1, 2].map((n) => ({ id: `${input} ${n}`, input, expected: 'fine' })),
    );
    await pushDataset(sluice, 'acts', rows);
    const started = await sluice.runs.start.mutate({
      spec: experimentSpec({
        dataset: 'acts',
        variants: { control: model(), candidate: model({ stream: true, tools: [{ type: 'function' }] }) },
        evaluators: [{ type: 'exact_match', name: 'correct' }],
      }),
    });
    run = await untilFinal(sluice, started.id);
    trials = await readTrials(started.id);
  });

  it.each([
    ['fine', 'succeeded', null, 1],
    ['drips', 'succeeded', null, 1],
    ['cut off, then fine', 'succeeded', null, 2],
    ['broken off, then fine', 'succeeded', null, 2],
    ['always cut off', 'failed', 'connection_reset', 3],
    ['limited, then fine', 'succeeded', null, 2],
    ['wrong JSON', 'failed', 'invalid_output', 1],
    ['refusal', 'succeeded', null, 1],
    ['tools', 'succeeded', null, 1],
    ['no access', 'failed', 'client_error', 1],
  ])('has each trial of "%s" %s (%s) after its attempts', (act, status, errorClass, tries) => {
    const ofAct = trials.filter(({ example_id }) => example_id.startsWith(`${act} `));
    expect(ofAct).toHaveLength(4);
    for (const trial of ofAct) expect(trial).toMatchObject({ status, error_class: errorClass, attempts: tries });
  });

  it('has every trial cost what was billed for it, attempts that failed and trials that failed included', () => {
    for (const trial of trials) {
      const billed = ledger.get(trial.id);
      expect([trial.example_id, trial.cost_usd ?? 0]).toEqual([
        trial.example_id,
        expect.closeTo((billed ?? 0) * priceUsd, 10),
      ]);
      expect(trial.input_tokens).toBe(billed === undefined ? null : billed * 1_000);
      expect(trial.output_tokens).toBe(billed === undefined ? null : billed * 200);
    }
  });

  it('sums to the ledger of the endpoint, to the cent', () => {
    const bills = [...ledger.values()].reduce((sum, count) => sum + count, 0);
    expect(run.costUsd).toBeCloseTo(bills * priceUsd, 10);
    expect(run.agentCalls).toBe(stub.asked.length);
    for (const variant of ['control', 'candidate']) {
      const paid = trials.filter((trial) => trial.variant === variant && ledger.has(trial.id));
      const billed = paid.reduce((sum, trial) => sum + (ledger.get(trial.id) ?? 0), 0);
      const meanOf = (name: string) => run.metrics.find((one) => one.metric === name && one.variant === variant);
      expect(meanOf('costUsd')).toMatchObject({
        n: paid.length,
        mean: expect.closeTo((billed * priceUsd) / paid.length, 10),
      });
      expect(meanOf('tokens')?.mean).toBeCloseTo((billed * 1_200) / paid.length, 6);
    }
  });

  it('keeps the tool calls of a model that has tools as steps', () => {
    const ofTools = trials.filter(({ example_id, variant }) => example_id === 'tools 1' && variant === 'candidate');
    expect(ofTools[0]).toMatchObject({
      steps: 1,
      trajectory: [{ tool: { name: 'refund', arguments: { amount: 3 } } }],
    });
  });
});

it('a model whose answers cost, though all of them fail, ends at its budget', async () => {
  await pushDataset(
    sluice,
    'wrong',
    Array.from({ length: 100 }, (_, n) => ({ id: `w${n}`, input: 'wrong JSON' })),
  );
  const started = await sluice.runs.start.mutate({
    spec: experimentSpec({
      dataset: 'wrong',
      variants: { control: model(), candidate: model({ parameters: { seed: 1 } }) },
      evaluators: [{ type: 'contains', name: 'polite', value: 'please' }],
      concurrency: 4,
      budget: { maxCostUsd: 20 * priceUsd },
    }),
  });
  const { counts, costUsd } = await untilFinal(sluice, started.id);
  expect(counts.failed).toBeGreaterThanOrEqual(20);
  expect(counts.failed).toBeLessThanOrEqual(24);
  expect(counts.notRun).toBe(200 - counts.failed);
  expect(costUsd).toBeCloseTo(counts.failed * priceUsd, 10);
});
