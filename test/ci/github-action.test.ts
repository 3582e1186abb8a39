import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { untilFinal } from '../support/follow-run.ts';
import { startStubAgent } from '../support/stub-agent.ts';
import { useTestStack } from '../support/test-stack.ts';
import { action, Job } from './run-action.ts';

const { keys, sluice, url } = await useTestStack();
const agent = await startStubAgent();
afterAll(() => agent.close());

const command = `${process.execPath} ${fileURLToPath(new URL('../../bin/sluice.js', import.meta.url))}`;
const inputs = { spec: 'spec.json', url, 'api-key': keys.engineer, command, 'working-directory': 'checkout' };
const sha = 'c'.repeat(40);
const pullRequest = {
  GITHUB_SHA: 'd'.repeat(40),
  GITHUB_REF: 'refs/pull/12/merge',
  GITHUB_HEAD_REF: 'shorter-prompt',
  GITHUB_ACTOR: 'ada',
  GITHUB_SERVER_URL: 'https://github.example.com',
  GITHUB_REPOSITORY: 'acme/bot',
  GITHUB_RUN_ID: '77',
};

/** A checkout with a data file and a spec whose candidate is at `path` of the stub agent. */
function checkout(path: string, more: object = {}): Job {
  const job = new Job({ ...pullRequest });
  const folder = join(job.folder, 'checkout');
  mkdirSync(folder);
  const rows = Array.from({ length: 12 }, (_, index) =>
    JSON.stringify({ id: `q${index}`, input: `word ${index}`, expected: `word ${index}` }),
  );
  writeFileSync(join(folder, 'rows.jsonl'), `${rows.join('\n')}\n`);
  const spec = {
    kind: 'experiment',
    name: 'pull-request',
    dataset: './rows.jsonl',
    variants: {
      control: { adapter: 'http', url: `${agent.url}/run` },
      candidate: { adapter: 'http', url: `${agent.url}${path}` },
    },
    retries: 0,
    evaluators: [{ type: 'exact_match', name: 'correct' }],
    ...more,
  };
  writeFileSync(join(folder, 'spec.json'), JSON.stringify(spec));
  return job;
}

describe('the GitHub Action', () => {
  it('passes a change that does no harm, with run, verdict and report as outputs and the report as summary', async () => {
    const job = checkout('/run');
    const done = await job.step('check', inputs);
    expect(done, done.log).toMatchObject({ exitCode: 0, outputs: { verdict: 'pass' } });
    expect(done.summary).toContain('## pull-request: PASS');
    expect(done.summary).toBe(readFileSync(done.outputs.report as string, 'utf8'));
    const run = await sluice.runs.get.query({ id: done.outputs['run-id'] as string });
    expect(run).toMatchObject({ name: 'pull-request', verdict: 'pass' });
  });

  it('fails a change that breaks answers, and shows which', async () => {
    const done = await checkout('/status?code=500').step('check', inputs);
    expect(done, done.log).toMatchObject({ exitCode: 3, outputs: { verdict: 'fail' } });
    expect(done.summary).toContain('## pull-request: FAIL');
    expect(done.summary).toContain('12 examples worse in correct');
    expect(done.summary).toContain('word 0');
  });

  it('holds, passes or fails as asked when nothing can be told', async () => {
    const gate = { criteria: [{ metric: 'correct', hypothesis: 'superior' }] };
    const answer = async (onInconclusive?: string) =>
      checkout('/run', { gate }).step('check', {
        ...inputs,
        ...(onInconclusive ? { 'on-inconclusive': onInconclusive } : {}),
      });
    expect(await answer()).toMatchObject({ exitCode: 4, outputs: { verdict: 'inconclusive' } });
    expect(await answer('fail')).toMatchObject({ exitCode: 3, outputs: { verdict: 'inconclusive' } });
    const passed = await answer('pass');
    expect(passed).toMatchObject({ exitCode: 0, outputs: { verdict: 'inconclusive' } });
    expect(passed.log).toContain('warning: the verdict is inconclusive and counts as passed');
    expect(passed.summary).toContain('INCONCLUSIVE (counted as pass here)');
  });

  it('records commit, branch, person, job and pull request on the run, and shows them', async () => {
    const job = checkout('/run');
    const event = join(job.folder, 'event.json');
    writeFileSync(event, JSON.stringify({ pull_request: { head: { sha } } }));
    const withEvent = new Job({ ...pullRequest, GITHUB_EVENT_PATH: event });
    const done = await withEvent.step('check', { ...inputs, 'working-directory': join(job.folder, 'checkout') });
    const run = await sluice.runs.get.query({ id: done.outputs['run-id'] as string });
    expect(run.git).toEqual({
      sha,
      branch: 'shorter-prompt',
      actor: 'ada',
      url: 'https://github.example.com/acme/bot/actions/runs/77',
      pullRequestUrl: 'https://github.example.com/acme/bot/pull/12',
    });
    expect(done.summary).toContain('commit <code>cccccccccccc</code> on shorter-prompt by ada [pull request](https://');
  });

  it('tells in the summary why there is no verdict, and exits 1 or 2', async () => {
    const nobody = checkout('/run', {
      variants: {
        control: { adapter: 'http', url: 'http://127.0.0.1:9/run' },
        candidate: { adapter: 'http', url: `${agent.url}/run` },
      },
    });
    const unreachable = await nobody.step('check', inputs);
    expect(unreachable).toMatchObject({ exitCode: 1, outputs: { verdict: '' } });
    expect(unreachable.summary).toContain('NO VERDICT: run failed');
    expect(unreachable.summary).toContain('127.0.0.1');
    const wrong = await checkout('/run', { datset: 'x' }).step('check', inputs);
    expect(wrong).toMatchObject({ exitCode: 2, outputs: { verdict: '', 'run-id': '', report: '' } });
    expect(wrong.summary).toContain('## Sluice: no verdict');
    expect(wrong.summary).toContain('datset');
  });

  it('reads inputs as values, never as part of its script', async () => {
    const job = checkout('/run');
    const mark = join(job.folder, 'mark');
    const done = await job.step('check', { ...inputs, spec: `"; touch ${mark}; $(touch ${mark}) #` });
    expect(done.exitCode).toBe(2);
    expect(() => readFileSync(mark)).toThrow('ENOENT');
    for (const { run } of action.runs.steps) expect(run).not.toContain('${{');
  });

  it('aborts the run of a job that is cancelled', async () => {
    const job = checkout('/run?ms=60000');
    const cancelled = await job.step('check', inputs, { stopAt: /started run_\w+/ });
    expect(cancelled.exitCode).not.toBe(0);
    expect(action.runs.steps.find(({ id }) => id === 'abort')?.if).toBe('cancelled()');
    await job.step('abort', inputs);
    const id = /started (run_\w+)/.exec(cancelled.log)?.[1] as string;
    expect(await untilFinal(sluice, id)).toMatchObject({ status: 'aborted' });
  });
});
