import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { ExperimentSpec } from '../../schema/contracts/spec.ts';
import { experimentSpec } from '../support/experiment-spec.ts';
import { untilFinal } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { refusalOf } from '../support/refusal-of.ts';
import { startStubAgent } from '../support/stub-agent.ts';
import { useTestStack } from '../support/test-stack.ts';

const functionsFile = join(mkdtempSync(join(tmpdir(), 'sluice-retry-')), 'sluice.config.mjs');
const functions = (evaluators: string) =>
  writeFileSync(functionsFile, `export default { evaluators: { ${evaluators} } };\n`);
functions('length: ({ output }) => JSON.stringify(output).length');
const { db, sluice } = await useTestStack({ functionsFile });
await pushDataset(sluice, 'numbers', numberedRows(60));
const stub = await startStubAgent();
beforeEach(() => stub.reset());
afterAll(() => stub.close());

const agent = (path = '/run') => ({ adapter: 'http', url: `${stub.url}${path}` }) as const;
const start = async (variants: ExperimentSpec['variants'], more: Partial<ExperimentSpec> = {}) =>
  (await sluice.runs.start.mutate({ spec: experimentSpec({ variants, evaluators: [], retries: 0, ...more }) })).id;
const rowsOf = (id: string) =>
  db
    .selectFrom('trial')
    .select(['variant', 'example_id', 'status', 'attempts'])
    .where('run_id', '=', id)
    .orderBy('variant')
    .execute();

describe('the failed trials of a run that ended', () => {
  it('are called again, no other is, and their first rows are kept aside', async () => {
    // The first call of every trial of the candidate fails.
    const id = await start({ control: agent(), candidate: agent('/flaky?failures=1&code=500') });
    const before = await untilFinal(sluice, id);
    expect(before).toMatchObject({ verdict: 'fail', counts: { succeeded: 60, failed: 60 }, agentCalls: 120 });

    const answer = await sluice.runs.retry.mutate({ id });
    expect(answer).toMatchObject({ changed: true, trials: 60, scores: 0, left: 0 });
    const after = await untilFinal(sluice, id);
    expect(after).toMatchObject({
      status: 'completed',
      counts: { planned: 120, succeeded: 120, failed: 0, missing: 0, notRun: 0 },
      agentCalls: 180,
      retried: [{ variant: 'candidate', trials: 60, failedByAgent: 60 }],
    });
    expect(after.verdict).not.toBe('fail');
    expect(after.warnings.join()).toContain('60 of 60 trials of candidate failed and were made again');
    expect(stub.calls()).toBe(180);
    expect(stub.repeated()).toBe(60);
    expect(await rowsOf(id)).toHaveLength(120);
    const kept = await db
      .selectFrom('superseded_trial')
      .select(['variant', 'status', 'error_class', 'superseded_by'])
      .where('run_id', '=', id)
      .execute();
    expect(kept).toHaveLength(60);
    expect(kept[0]).toEqual({
      variant: 'candidate',
      status: 'failed',
      error_class: 'server_error',
      superseded_by: 'person:engineer',
    });
    // Nothing is left to make again: that is no error.
    expect(await sluice.runs.retry.mutate({ id })).toMatchObject({ changed: false, status: 'completed', trials: 0 });
  });

  it('asked for fifty times in parallel are called again once', async () => {
    const id = await start({ control: agent(), candidate: agent('/flaky?failures=1&code=500') });
    await untilFinal(sluice, id);
    const answers = await Promise.all(Array.from({ length: 50 }, () => sluice.runs.retry.mutate({ id })));
    expect(answers.filter(({ changed }) => changed)).toHaveLength(1);
    expect(await untilFinal(sluice, id)).toMatchObject({ counts: { succeeded: 120 }, agentCalls: 180 });
    expect(stub.calls()).toBe(180);
  });

  it('keep their calls counted when attempts were many', async () => {
    const id = await start({ control: agent(), candidate: agent('/flaky?failures=3&code=500') }, { retries: 1 });
    expect(await untilFinal(sluice, id)).toMatchObject({ counts: { failed: 60 }, agentCalls: 60 + 120 });
    await sluice.runs.retry.mutate({ id });
    const run = await untilFinal(sluice, id);
    expect(run).toMatchObject({ counts: { succeeded: 120 }, agentCalls: 60 + 240 });
    expect(stub.calls()).toBe(300);
  });
});

describe('a run that could not finish', () => {
  it('because nobody answered goes on once its agent does, as its message says', async () => {
    const gone = await startStubAgent();
    const { port } = new URL(gone.url);
    await gone.close();
    const id = await start({ control: agent(), candidate: { adapter: 'http', url: `${gone.url}/run` } });
    const failed = await untilFinal(sluice, id);
    expect(failed).toMatchObject({ status: 'failed', agentCalls: 0 });
    expect(failed.error?.fix).toContain(`sluice run retry ${id}`);

    const back = await startStubAgent({ port: Number(port) });
    expect(await sluice.runs.retry.mutate({ id })).toMatchObject({ changed: true, trials: 0, left: 120 });
    const run = await untilFinal(sluice, id);
    expect(run).toMatchObject({ status: 'completed', error: null, counts: { succeeded: 120 }, agentCalls: 120 });
    expect(back.calls()).toBe(60);
    await back.close();
  });

  it('because its control failed everywhere goes on with the same rows of the candidate', async () => {
    const id = await start({ control: agent('/flaky?failures=1&code=500'), candidate: agent() });
    const failed = await untilFinal(sluice, id);
    expect(failed).toMatchObject({ status: 'failed', verdict: null });
    expect(failed.error?.fix).toContain(`sluice run retry ${id} --failed`);
    await sluice.runs.retry.mutate({ id, only: 'failed' });
    const run = await untilFinal(sluice, id);
    expect(run).toMatchObject({ status: 'completed', counts: { succeeded: 120 }, agentCalls: 180, verdict: 'pass' });
  });
});

describe('a judge that broke', () => {
  it('is asked again without a call to any agent', async () => {
    functions(`length: ({ output }) => { if (output.number % 2) throw new Error('out of ink'); return 1; }`);
    const evaluators = [{ type: 'function' as const, name: 'length', function: 'length' }];
    const id = await start({ control: agent(), candidate: agent() }, { evaluators });
    const before = await untilFinal(sluice, id);
    expect(before.verdict).toBe('inconclusive');
    expect(before.failures.map(({ count }) => count)).toEqual([30, 30]);
    functions('length: ({ output }) => 1 + output.number % 2');
    const answer = await sluice.runs.retry.mutate({ id, only: 'missing' });
    expect(answer).toMatchObject({ changed: true, trials: 0, scores: 60 });
    const after = await untilFinal(sluice, id);
    expect(after).toMatchObject({ status: 'completed', failures: [], agentCalls: 120 });
    expect(after.metrics.find(({ metric }) => metric === 'length')).toMatchObject({ n: 60, mean: 1.5 });
    expect(after).not.toHaveProperty('retried');
    expect(stub.calls()).toBe(120);
  });
});

describe('a retry is refused', () => {
  it('for an aborted run, and where the budget is spent', async () => {
    const slow = agent('/run?ms=200');
    const id = await start({ control: slow, candidate: slow });
    await sluice.runs.abort.mutate({ id });
    const aborted = await refusalOf(sluice.runs.retry.mutate({ id }));
    expect(aborted).toMatchObject({ code: 'conflict', message: expect.stringContaining('is aborted') });
    expect(aborted.fix).toContain(`sluice run rerun ${id}`);

    const short = await start(
      { control: agent('/priced?usd=0.01'), candidate: agent('/status?code=500') },
      { budget: { maxCostUsd: 0.2 } },
    );
    const { counts } = await untilFinal(sluice, short);
    expect(counts.failed).toBeGreaterThan(0);
    const spent = await refusalOf(sluice.runs.retry.mutate({ id: short }));
    expect(spent.message).toContain('has spent its budget of $0.2');
    // Nothing was half done.
    expect((await sluice.runs.get.query({ id: short })).counts).toEqual(counts);
  });
});

describe('a run that has spent its budget', () => {
  it('and could not finish is retried once its budget is raised, as the refusal says', async () => {
    const id = await start(
      { control: agent('/flaky?failures=1&code=500'), candidate: agent('/priced?usd=0.01') },
      { budget: { maxCostUsd: 0.05 } },
    );
    // Its control answered nothing before the budget was used up.
    expect(await untilFinal(sluice, id)).toMatchObject({ status: 'failed' });
    const refused = await refusalOf(sluice.runs.retry.mutate({ id }));
    expect(refused.fix).toContain(`sluice run budget ${id}`);
    const raised = await sluice.runs.raiseBudget.mutate({ id, maxCostUsd: 5 });
    expect(raised).toMatchObject({ changed: true, status: 'failed' });
    expect(await sluice.runs.retry.mutate({ id })).toMatchObject({ changed: true });
    expect(await untilFinal(sluice, id)).toMatchObject({ status: 'completed', counts: { planned: 120, notRun: 0 } });
  });

  it('and made all its trials is retried once its budget is raised', async () => {
    const id = await start(
      { control: agent('/priced?usd=0.01'), candidate: agent('/flaky?failures=1&code=500') },
      { budget: { maxCostUsd: 0.595 }, concurrency: 60 },
    );
    const run = await untilFinal(sluice, id);
    expect(run).toMatchObject({ status: 'completed', counts: { succeeded: 60, failed: 60, notRun: 0 } });
    expect((await refusalOf(sluice.runs.retry.mutate({ id }))).fix).toContain(`sluice run budget ${id}`);
    const raised = await sluice.runs.raiseBudget.mutate({ id, maxCostUsd: 5 });
    expect(raised).toMatchObject({ changed: true, status: 'completed', left: 0 });
    expect(await sluice.runs.retry.mutate({ id })).toMatchObject({ changed: true, trials: 60 });
    const after = await untilFinal(sluice, id);
    expect(after).toMatchObject({ status: 'completed', counts: { succeeded: 120 } });
  });
});
