import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workflowIdOf } from '../../workflows/messages.ts';
import { checkInvariants, type Invariants } from '../support/check-invariants.ts';
import { eventually } from '../support/eventually.ts';
import {
  endStack,
  newDataDir,
  openStack,
  type RunningStack,
  startSupervisor,
  untilWhole,
} from '../support/running-stack.ts';
import { type StubAgent, startStubAgent } from '../support/stub-agent.ts';

/** More shows the same for longer: SLUICE_DURABILITY_TRIALS=20000. */
const trials = Number(process.env.SLUICE_DURABILITY_TRIALS ?? 6_000);
const concurrency = 32;
const workers = 2;

const dataDir = newDataDir();
const folder = mkdtempSync(join(tmpdir(), 'sluice-durability-'));
let stack: RunningStack;
let agent: StubAgent;
let failed = false;

beforeAll(async () => {
  agent = await startStubAgent();
  await startSupervisor(dataDir, { workers });
  stack = openStack(dataDir);
}, 600_000);

afterAll(async () => {
  await stack?.close();
  await endStack(dataDir, { keep: failed });
  await agent?.close();
  rmSync(folder, { recursive: true, force: true });
}, 120_000);

interface Fault {
  name: string;
  /** Ends processes by force. @returns their pids */
  strike(run: string): number[] | Promise<number[]>;
}

const faults: Fault[] = [
  { name: 'kill -9 of a worker', strike: async (run) => kill([await findBusyWorker(run)]) },
  { name: 'kill -9 of the Temporal server', strike: () => kill([stack.connection().pids.temporal]) },
  { name: 'kill -9 of both workers', strike: () => kill(stack.connection().pids.worker) },
  {
    name: 'kill -9 of the supervisor, later a new `sluice up`',
    strike: async (run) => {
      const killed = kill([stack.connection().pids.supervisor]);
      // Its children go on meanwhile.
      await rowsReach(run, (await countRows(run)) + Math.ceil(trials / 50));
      await startSupervisor(dataDir, { workers });
      return killed;
    },
  },
  { name: 'an immediate stop of Postgres', strike: () => kill([stack.connection().pids.postgres], 'SIGQUIT') },
  { name: 'kill -9 of the API', strike: () => kill([stack.connection().pids.api]) },
];

test(`${trials} trials survive ${faults.length} faults: every row once, few calls twice, no silence over 10 s`, {
  timeout: 60_000 + trials * 20,
}, async ({ onTestFailed }) => {
  onTestFailed(() => {
    failed = true;
    console.table(log);
    console.log(stack.logs());
  });
  const log: (Pick<Invariants, 'rows' | 'repeated' | 'gapMs'> & { fault: string; recoveredMs: number })[] = [];
  const spec = writeExperiment();
  const pushed = await stack.cli(['dataset', 'push', 'durable', join(folder, 'rows.jsonl')]);
  expect(pushed, pushed.output).toMatchObject({ exitCode: 0 });

  const watching = stack.startCli(['run', 'start', spec, '--watch', '--json']);
  const run = await eventually(async () => {
    const { rows } = await stack.pool.query('select id from run');
    return rows[0]?.id as string | undefined;
  });

  for (const [index, { name, strike }] of faults.entries()) {
    // Work goes on between two faults: each finds a run with all its lanes busy.
    await rowsReach(run, (log.at(-1)?.rows ?? 0) + Math.ceil(trials / 25));
    await untilWhole(stack);
    const at = performance.now();
    const before = await countRows(run);
    expect(await statusOf(run), `the run was over before ${name}: ${JSON.stringify(log)}`).toBe('running');
    const killed = await strike(run);
    await untilWhole(stack, killed);
    const recoveredMs = Math.round(performance.now() - at);
    const { rows, repeated, gapMs } = await checkInvariants(stack, run, { faults: index + 1, stub: agent });
    log.push({ fault: `${name} at ${before} rows`, recoveredMs, rows, repeated, gapMs });
  }

  const watched = await watching.ended;
  const last = await checkInvariants(stack, run, { faults: faults.length, stub: agent });
  console.table(log);
  console.log(JSON.stringify(last), `${(trials / (watched.durationMs / 1000)).toFixed(0)} trials/s with all faults`);

  expect(last).toMatchObject({ status: 'completed', rows: trials });
  const result = JSON.parse(watched.stdout.trim().split('\n').at(-1) ?? '');
  expect(result, watched.output).toMatchObject({
    id: run,
    status: 'completed',
    verdict: 'pass',
    counts: { planned: trials, succeeded: trials, failed: 0, missing: 0, notRun: 0 },
  });
  expect(watched.exitCode).toBe(0);
});

test('a worker that freezes, loses its shards to others and wakes up again changes nothing', {
  timeout: 120_000,
}, async ({ onTestFailed }) => {
  onTestFailed(() => {
    failed = true;
    console.log(stack.logs());
  });
  agent.reset();
  const started = await stack.cli(['run', 'start', writeExperiment('/run?ms=100'), '--limit', '1000', '--json']);
  const { id } = JSON.parse(started.stdout.trim().split('\n').at(-1) ?? '') as { id: string };
  await rowsReach(id, 200);

  const frozenAt = performance.now();
  const [frozen] = kill([await findBusyWorker(id)], 'SIGSTOP');
  try {
    await eventually(async () => ((await countInterruptedCalls(id)) > 0 ? true : undefined), 60_000);
  } finally {
    process.kill(frozen as number, 'SIGCONT');
  }
  console.log(`its shards were taken over after ${Math.round(performance.now() - frozenAt)} ms`);

  const watched = await stack.cli(['run', 'watch', id, '--json']);
  expect(watched.exitCode, watched.output).toBe(0);
  // Work that is handed to a worker which does not answer is only missed after 5 s, each time.
  const last = await checkInvariants(stack, id, { faults: 1, stub: agent, maxGapMs: 60_000 });
  expect(last).toMatchObject({ status: 'completed', rows: 2_000 });
  console.log(JSON.stringify(last));
});

/** The candidate answers as control does: what is tested is the way there. */
function writeExperiment(path = '/run?ms=20'): string {
  const rows = Array.from({ length: trials / 2 }, (_, index) =>
    JSON.stringify({ id: `e${index}`, input: `question ${index}`, expected: `question ${index}` }),
  );
  writeFileSync(join(folder, 'rows.jsonl'), `${rows.join('\n')}\n`);
  const variant = { adapter: 'http', url: `${agent.url}${path}` };
  const spec = join(folder, 'spec.json');
  const experiment = {
    kind: 'experiment',
    name: 'durable',
    dataset: 'durable',
    variants: { control: variant, candidate: variant },
    concurrency,
    evaluators: [{ type: 'exact_match', name: 'correct' }],
  };
  writeFileSync(spec, JSON.stringify(experiment));
  return spec;
}

function kill(pids: readonly (number | null)[], signal: NodeJS.Signals = 'SIGKILL'): number[] {
  return pids.map((pid) => {
    if (pid === null) throw new Error('this stack does not run its own engines');
    process.kill(pid, signal);
    return pid;
  });
}

function countRows(run: string): Promise<number> {
  return eventually(async () => {
    const { rows } = await stack.pool.query('select count(*)::int as count from trial where run_id = $1', [run]);
    return rows[0].count as number;
  });
}

/** Calls that cut-off attempts may have had in flight: grows when a shard is taken over from one of them. */
async function countInterruptedCalls(run: string): Promise<number> {
  const { rows } = await stack.pool.query('select sum(interrupted_calls)::int as count from shard where run_id = $1', [
    run,
  ]);
  return rows[0].count;
}

/** The worker that runs most of the run's shards. */
async function findBusyWorker(run: string): Promise<number> {
  const connection = await Connection.connect({ address: stack.connection().temporalAddress });
  try {
    const pids = stack.connection().pids.worker;
    return await eventually(async () => {
      const { raw } = await new Client({ connection }).workflow.getHandle(workflowIdOf('experiment', run)).describe();
      const identities = (raw.pendingActivities ?? []).map((activity) => activity.lastWorkerIdentity ?? '');
      const shards = (pid: number) => identities.filter((identity) => identity.endsWith(`/${pid}`)).length;
      const [busiest] = pids.toSorted((one, another) => shards(another) - shards(one));
      return busiest !== undefined && shards(busiest) > 0 ? busiest : undefined;
    });
  } finally {
    await connection.close();
  }
}

async function rowsReach(run: string, wanted: number): Promise<void> {
  await eventually(async () => ((await countRows(run)) >= wanted ? true : undefined), 60_000);
}

async function statusOf(run: string): Promise<string> {
  return (await stack.pool.query('select status from run where id = $1', [run])).rows[0].status;
}
