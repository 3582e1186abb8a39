import { afterAll, describe, expect, it } from 'vitest';
import type { ExperimentSpec } from '../../schema/contracts/spec.ts';
import { experimentSpec, solver } from '../support/experiment-spec.ts';
import { untilAtRest, untilFinal } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { startStubAgent } from '../support/stub-agent.ts';
import { useTestStack } from '../support/test-stack.ts';

const { db, sluice } = await useTestStack();
await pushDataset(sluice, 'numbers', numberedRows(30));
await pushDataset(sluice, 'many', numberedRows(500));
const stub = await startStubAgent();
afterAll(() => stub.close());

const http = (path: string): ExperimentSpec['variants'][string] => ({ adapter: 'http', url: `${stub.url}${path}` });
const runOf = async (spec: Partial<ExperimentSpec>) => {
  const { id } = await sluice.runs.start.mutate({ spec: experimentSpec(spec) });
  return untilFinal(sluice, id);
};

describe('a run', () => {
  it('whose agent cannot be reached fails within 2 s, names it, and has called nobody', async () => {
    const gone = await startStubAgent();
    await gone.close();
    const started = performance.now();
    const run = await runOf({ variants: { control: http('/run'), candidate: { adapter: 'http', url: gone.url } } });
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(run).toMatchObject({
      status: 'failed',
      verdict: null,
      action: null,
      agentCalls: 0,
      counts: { planned: 60, succeeded: 0, notRun: 60 },
    });
    expect(run.error?.message).toContain('candidate: agent at');
    expect(run.error?.message).toContain('unreachable: connection refused');
    expect(run.error?.fix).toContain('start the agent');
  });

  it('whose control never answers is failed, never judged, and never passed', async () => {
    const run = await runOf({ retries: 0, variants: { control: http('/status?code=500'), candidate: solver(30) } });
    expect(run).toMatchObject({ status: 'failed', verdict: null, action: null, decisionId: null });
    expect(run.error?.message).toContain('control: 30 of 30 trials failed (server_error)');
    const decisions = await db.selectFrom('decision').select('id').where('run_id', '=', run.id).execute();
    expect(decisions).toEqual([]);
  });

  it('whose candidate never answers is judged, and fails', async () => {
    const run = await runOf({ retries: 0, variants: { control: solver(30), candidate: http('/garbage') } });
    expect(run).toMatchObject({
      status: 'completed',
      verdict: 'fail',
      action: 'roll_back',
      counts: { succeeded: 30, failed: 30, missing: 0 },
    });
    expect(run.failures[0]).toMatchObject({ variant: 'candidate', errorClass: 'invalid_output', count: 30, of: 30 });
  });

  it('whose agent goes away in mid-run ends before the whole plan is burnt, and says so', async () => {
    const leaving = await startStubAgent();
    const { id } = await sluice.runs.start.mutate({
      spec: experimentSpec({
        dataset: 'many',
        concurrency: 2,
        retries: 0,
        variants: { control: http('/run?ms=20'), candidate: { adapter: 'http', url: `${leaving.url}/run` } },
      }),
    });
    await expect.poll(() => leaving.calls(), { timeout: 10_000 }).toBeGreaterThan(20);
    await leaving.close();
    const run = await untilFinal(sluice, id);
    expect(run.status).toBe('failed');
    expect(run.error?.message).toMatch(/^candidate: .*connection refused/);
    expect(run.verdict).toBeNull();
    // The other shards stop too, and what they still stored is in the counts.
    await untilAtRest(db, id);
    const rows = await db.selectFrom('trial').select('status').where('run_id', '=', id).execute();
    const { counts } = await sluice.runs.get.query({ id });
    expect(counts.succeeded + counts.failed + counts.missing).toBe(rows.length);
    expect(counts.notRun).toBe(1_000 - rows.length);
    expect(counts.notRun).toBeGreaterThan(400);
  });

  it('whose judge throws on everything has no score to decide on, so it does not pass', async () => {
    const run = await runOf({
      evaluators: [
        { type: 'function', name: 'broken', function: 'throws', kind: 'binary' },
        { type: 'numeric_match', name: 'correct', extract: 'A: (.*)' },
      ],
      variants: { control: solver(10), candidate: solver(30) },
    });
    expect(run.status).toBe('completed');
    expect(run.verdict).not.toBe('pass');
    expect(run.failures).toContainEqual(
      expect.objectContaining({
        errorClass: 'evaluator broken',
        causedBy: 'evaluator',
        count: 30,
        message: 'the judge fell off the bench',
      }),
    );
    const scored = run.metrics.filter((one) => one.metric === 'correct').map((one) => [one.variant, one.n]);
    expect(scored).toEqual([
      ['control', 30],
      ['candidate', 30],
    ]);
  });

  it('whose function is not registered says what is there, before any call', async () => {
    const run = await runOf({
      variants: { control: solver(1), candidate: { adapter: 'function', function: 'sovle' } },
    });
    expect(run).toMatchObject({ status: 'failed', agentCalls: 0 });
    expect(run.error?.message).toContain(
      'candidate: function agent sovle is not registered: found echo, recite, solve',
    );
  });
});
