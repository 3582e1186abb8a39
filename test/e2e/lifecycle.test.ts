import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { createClient } from '../../client/create-client.ts';
import type { RunResult } from '../../schema/contracts/result.ts';
import type { ExperimentSpec } from '../../schema/contracts/spec.ts';
import { checkInvariants } from '../support/check-invariants.ts';
import { eventually } from '../support/eventually.ts';
import type { CliResult } from '../support/run-cli.ts';
import { openStack, type RunningStack } from '../support/running-stack.ts';
import { type StubAgent, startStubAgent } from '../support/stub-agent.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-lifecycle-'));
const examples = 60;
const concurrency = 4;
let stack: RunningStack;
let agent: StubAgent;
let other: StubAgent;

beforeAll(async () => {
  stack = openStack(inject('sharedDataDir'));
  [agent, other] = await Promise.all([startStubAgent(), startStubAgent()]);
  const rows = Array.from({ length: examples }, (_, index) =>
    JSON.stringify({ input: `q${index}`, expected: `q${index}` }),
  );
  writeFileSync(join(folder, 'rows.jsonl'), rows.join('\n'));
  const pushed = await stack.cli(['dataset', 'push', 'lifecycle', join(folder, 'rows.jsonl')]);
  expect(pushed, pushed.output).toMatchObject({ exitCode: 0 });
});

beforeEach(() => agent.reset());

afterAll(async () => {
  await agent?.close();
  await other?.close();
  await stack?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a paused run starts no new trial until it is resumed, and then ends with every trial called once', async () => {
  const id = await start(agent);
  await eventually(() => (agent.calls() > 10 ? true : undefined));

  const paused = await stack.cli(['run', 'pause', id, '--reason', 'lunch']);
  expect(paused).toMatchObject({ exitCode: 0, stdout: `${id} is paused now\n` });
  expect((await stack.cli(['run', 'pause', id])).stdout).toBe(`unchanged: ${id} is paused already\n`);
  await untilLanesAreFree(id);
  const calls = agent.calls();
  expect(calls).toBeLessThan(2 * examples);
  // A whole other run passes by meanwhile.
  expect((await stack.cli(['run', 'watch', await start(other)])).exitCode).toBe(0);
  expect(agent.calls()).toBe(calls);
  expect(await stack.client.runs.get.query({ id })).toMatchObject({ status: 'paused', verdict: null });
  expect(await checkInvariants(stack, id, { faults: 0, stub: agent, maxGapMs: 30_000 })).toMatchObject({ rows: calls });

  expect((await stack.cli(['run', 'resume', id])).exitCode).toBe(0);
  const watched = await stack.cli(['run', 'watch', id, '--json']);
  expect(lastLine(watched)).toMatchObject({ status: 'completed', verdict: 'pass', agentCalls: 2 * examples });
  expect(watched.exitCode).toBe(0);
  expect([agent.calls(), agent.repeated()]).toEqual([2 * examples, 0]);
  await checkInvariants(stack, id, { faults: 0, stub: agent, maxGapMs: 30_000 });
});

test('an aborted run keeps its rows, makes no further call, has no verdict and never exits 0', async () => {
  const id = await start(agent);
  await eventually(() => (agent.calls() > 10 ? true : undefined));

  expect((await stack.cli(['run', 'abort', id, '--reason', 'wrong dataset'])).exitCode).toBe(0);
  await untilLanesAreFree(id);
  const calls = agent.calls();
  const watched = await stack.cli(['run', 'watch', id, '--json']);
  const result = lastLine(watched);
  expect(watched.exitCode).toBe(1);
  expect(result).toMatchObject({ status: 'aborted', verdict: null, action: null, counts: { planned: 2 * examples } });
  expect(result.counts.succeeded + result.counts.notRun).toBe(2 * examples);
  expect(calls).toBeLessThan(2 * examples);
  await checkInvariants(stack, id, { faults: 0, stub: agent });

  const resumed = await stack.cli(['run', 'resume', id]);
  expect(resumed.output).toMatch(`run ${id} is aborted and cannot be resumed`);
  expect(resumed.exitCode).toBe(1);
  expect(agent.calls()).toBe(calls);
  const { rows } = await stack.pool.query('select verb, detail from audit_event where subject = $1 order by number', [
    `run:${id}`,
  ]);
  expect(rows).toEqual([
    { verb: 'run.start', detail: expect.anything() },
    { verb: 'run.abort', detail: { reason: 'wrong dataset' } },
  ]);
});

test('the same idempotency key starts one run however often it is sent, and refuses another spec', async () => {
  const spec = writeSpec(other, 'once');
  const key = ['--idempotency-key', `once-${Date.now()}`];
  const started = await Promise.all([1, 2, 3].map(() => stack.cli(['run', 'start', spec, '--json', ...key])));
  expect(new Set(started.map((one) => lastLine(one).id)).size).toBe(1);
  expect(started.map((one) => one.exitCode)).toEqual([0, 0, 0]);
  const { rows } = await stack.pool.query(`select count(*)::int as runs from run where name = 'once'`);
  expect(rows).toEqual([{ runs: 1 }]);

  const another = await stack.cli(['run', 'start', writeSpec(other, 'once', { repetitions: 2 }), ...key]);
  expect(another.output).toMatch(
    /the idempotency key "once-\d+" belongs to run_\w+, which was started with another spec/,
  );
  expect(another.output).toMatch(/^fix: /m);
  expect(another.exitCode).toBe(1);
});

test('`--limit` runs the first examples only', async () => {
  const limited = await stack.cli(['run', 'start', writeSpec(agent, 'limited'), '--limit', '5', '--watch', '--json']);
  expect(lastLine(limited)).toMatchObject({ status: 'completed', counts: { planned: 10, succeeded: 10 } });
  expect(agent.calls()).toBe(10);
});

test('the same from TypeScript takes five lines', async () => {
  const { url, apiKey } = stack.connection();
  const spec = experiment(other, 'from-code');
  const statuses: string[] = [];

  const sluice = createClient({ url, apiKey });
  const { id } = await sluice.runs.start.mutate({ spec });
  await new Promise<void>((resolve, reject) => {
    sluice.runs.watch.subscribe(
      { id },
      { onData: ({ status }) => statuses.push(status), onComplete: resolve, onError: reject },
    );
  });
  const result = await sluice.runs.get.query({ id });

  expect(statuses.at(-1)).toBe('completed');
  expect(result).toMatchObject({ id, verdict: 'pass', counts: { planned: 2 * examples, succeeded: 2 * examples } });
});

function experiment(stub: StubAgent, name: string, change: Partial<ExperimentSpec> = {}): ExperimentSpec {
  const variant = { adapter: 'http' as const, url: `${stub.url}/run?ms=40` };
  return {
    kind: 'experiment',
    name,
    dataset: 'lifecycle',
    variants: { control: variant, candidate: variant },
    concurrency,
    evaluators: [{ type: 'exact_match', name: 'correct' }],
    ...change,
  };
}

function writeSpec(stub: StubAgent, name: string, change: Partial<ExperimentSpec> = {}): string {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(experiment(stub, name, change)));
  return file;
}

async function start(stub: StubAgent): Promise<string> {
  const started = await stack.cli(['run', 'start', writeSpec(stub, 'lifecycle'), '--json']);
  expect(started.exitCode, started.output).toBe(0);
  return lastLine(started).id;
}

/** No attempt is under way: calls in flight have ended and their rows are there. */
async function untilLanesAreFree(run: string): Promise<void> {
  await eventually(async () => {
    const { rows } = await stack.pool.query('select sum(lanes)::int as lanes from shard where run_id = $1', [run]);
    return rows[0].lanes === 0 ? true : undefined;
  });
}

function lastLine({ stdout }: CliResult): RunResult {
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as RunResult;
}
