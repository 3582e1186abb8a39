/**
 * A gate over 20,000 examples x 3 variants x 6 metrics (an evaluator and the built-in ones), from the rows in a real
 * Postgres to the verdict; and how long the API's event loop stands still while such a run is analysed. Several rounds; the
 * load average stands beside the numbers because a busy machine makes all of them worse.
 *
 * node benchmarks/gate.ts [--examples 20000] [--rounds 5]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { runApi } from '../api/main.ts';
import { createClient } from '../client/create-client.ts';
import { compareVariants } from '../gates/compare-variants.ts';
import { evidenceReader } from '../gates/evidence-reader.ts';
import { judgeExperiment } from '../gates/judge-experiment.ts';
import type { AgentConfig } from '../schema/contracts/agent.ts';
import { gatePolicySchema } from '../schema/contracts/gate.ts';
import { openDatabase, type Store } from '../store/open-database.ts';
import { loadEvidence } from '../store/runs/load-evidence.ts';
import { frozenRun } from '../test/support/frozen-run.ts';
import { cpuSeconds } from './processes.ts';
import { untilReady } from './until-ready.ts';

const { values: options } = parseArgs({
  options: { examples: { type: 'string', default: '20000' }, rounds: { type: 'string', default: '5' } },
});
const examples = Number(options.examples);
const rounds = Number(options.rounds);
const folder = mkdtempSync(join(tmpdir(), 'sluice-benchmark-'));
const dataDir = join(folder, 'data');
const launcher = fileURLToPath(new URL('../bin/sluice.js', import.meta.url));
const up = spawn(process.execPath, [launcher, 'up', '--port', '0', '--data-dir', dataDir], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  await untilReady(up);
  await measure();
} finally {
  up.kill('SIGTERM');
  if (up.exitCode === null) await once(up, 'exit');
  rmSync(folder, { recursive: true, force: true });
}

async function measure(): Promise<void> {
  const connection = JSON.parse(readFileSync(join(dataDir, 'connection.json'), 'utf8')) as {
    databaseUrl: string;
    temporalAddress: string;
    apiKey: string;
    pids: { postgres: number };
  };
  const { db, close } = openDatabase({ databaseUrl: connection.databaseUrl, connections: 4, name: 'benchmark' });
  const runId = await fillRun(db);
  const { plan } = await db.selectFrom('run').select('plan').where('id', '=', runId).executeTakeFirstOrThrow();
  console.log(`${examples} examples, ${plan.variants.length} variants, 6 metrics; ${availableParallelism()} cores`);
  console.log('round    query    judge    whole (ms)    CPU here and in Postgres (ms)    load');
  for (let round = 1; round <= rounds; round++) {
    const cpu = process.cpuUsage();
    const postgres = cpuSeconds(connection.pids.postgres);
    const start = performance.now();
    const evidence = await loadEvidence(db, runId, plan);
    const read = performance.now();
    const { verdict } = judgeExperiment(plan.gate.policy, evidence, { seed: 'benchmark' });
    const end = performance.now();
    const columns = [read - start, end - read, end - start].map((ms) => ms.toFixed(0).padStart(8)).join(' ');
    const { user, system } = process.cpuUsage(cpu);
    const spent = [(user + system) / 1_000, 1_000 * (cpuSeconds(connection.pids.postgres) - postgres)];
    const cpuColumns = spent.map((ms) => ms.toFixed(0).padStart(8)).join(' ');
    console.log(
      `${String(round).padStart(5)} ${columns}      ${cpuColumns}    ${loadavg()[0]?.toFixed(2)}  ${verdict}`,
    );
    if (round < rounds) continue;
    const reader = evidenceReader(evidence);
    for (const metric of evidence.metrics) {
      const quantile = metric.kind === 'duration' ? (0.95 as const) : null;
      const request = { metric, candidate: 'a', split: null, slice: null, positions: reader.everything, quantile };
      const begun = performance.now();
      const { test } = compareVariants(reader, { ...request, confidence: 0.95 }, 'benchmark');
      console.log(`  ${metric.name.padEnd(10)} ${(performance.now() - begun).toFixed(0).padStart(5)} ms  ${test}`);
    }
  }
  await measureApi(connection, runId);
  await close();
}

/** The API in this process, so that its event loop can be watched. */
async function measureApi(
  connection: { databaseUrl: string; temporalAddress: string; apiKey: string },
  runId: string,
): Promise<void> {
  const closing = new AbortController();
  const api = await runApi(
    {
      databaseUrl: connection.databaseUrl,
      temporalNamespace: 'default',
      temporalConnection: { address: connection.temporalAddress },
      host: '127.0.0.1',
      port: 0,
      auditKey: 'benchmark',
      log: false,
    },
    closing.signal,
  );
  const sluice = createClient({ url: api.url, apiKey: connection.apiKey });
  const policy = gatePolicySchema.parse({ criteria: [{ metric: 'correct', hypothesis: 'superior' }] });
  const calls: Record<string, () => Promise<unknown>> = {
    'runs.get': () => sluice.runs.get.query({ id: runId }),
    'runs.examples': () => sluice.runs.examples.query({ id: runId, metric: 'correct', limit: 100 }),
    'gates.backtest': () => sluice.gates.backtest.query({ policy, runs: 1 }),
  };
  console.log('call              answer (ms)    longest stand-still of the event loop (ms)');
  for (const [name, call] of Object.entries(calls)) {
    await call();
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const start = performance.now();
    for (let round = 0; round < rounds; round++) await call();
    const each = (performance.now() - start) / rounds;
    delay.disable();
    console.log(`${name.padEnd(16)} ${each.toFixed(0).padStart(10)}    ${(delay.max / 1e6).toFixed(1).padStart(10)}`);
  }
  closing.abort();
  await api.closed;
}

/** A completed run with a row for every trial, written by Postgres itself. */
async function fillRun(db: Store): Promise<string> {
  const echo: AgentConfig = { adapter: 'function', function: 'echo' };
  const { runId, plan } = await frozenRun(db, {
    examples,
    variants: { control: echo, a: { ...echo, parameters: { a: 1 } }, b: { ...echo, parameters: { b: 1 } } },
    evaluators: [{ type: 'contains', name: 'correct', value: 'x' }],
    policy: gatePolicySchema.parse({ criteria: [{ metric: 'correct' }, { metric: 'errorRate' }] }),
  });
  await sql`select setseed(0.5)`.execute(db);
  await sql`
    insert into trial (id, run_id, variant, example_id, repetition, ordinal, status, attempts, latency_ms, input_tokens,
      output_tokens, cost_usd, steps, output, output_hash, trace_id)
    select ${runId} || '-' || v.name || p.ordinal, ${runId}, v.name, p.example_id, 0, p.ordinal, 'succeeded', 1,
      400 * exp(random()), 100 + floor(400 * random()), 50, 0.01 * exp(random()), floor(1 + 5 * random()), '"answer"',
      md5(random()::text), 'trace'
    from plan_example p cross join unnest(${plan.variants.map(({ name }) => name)}::text[]) as v(name)
    where p.run_id = ${runId}`.execute(db);
  await sql`
    insert into score (subject_id, evaluator_version_id, name, score, annotator_kind)
    select id, ${plan.evaluators[0]?.versionId}, 'correct', (random() < 0.7)::int, 'CODE' from trial
    where run_id = ${runId}`.execute(db);
  await db.updateTable('run').set({ status: 'completed', finished_at: new Date() }).where('id', '=', runId).execute();
  return runId;
}
