/**
 * What Sluice adds to an experiment over a bare Node pool that does the same calls: wall and CPU per trial, start-up,
 * memory, history events. Ours and the baseline take turns in one run; the load average is printed with each line.
 *
 * npm run benchmark -- [--rounds 3] [--quick]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { Pool } from 'pg';
import { workflowIdOf } from '../workflows/messages.ts';
import { cpuSeconds, residentMb, timed } from './processes.ts';
import { untilReady } from './until-ready.ts';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, quick: { type: 'boolean', default: false } },
});
const root = fileURLToPath(new URL('..', import.meta.url));
const launcher = join(root, 'bin/sluice.js');
const folder = mkdtempSync(join(tmpdir(), 'sluice-benchmark-'));
const dataDir = join(folder, 'data');
const concurrency = 32;

interface Measured {
  trials: number;
  agentMs: number;
  wallMs: number;
  cpuMs: number;
  startMs: number;
  endMs: number;
  rssMb: number;
  events: number;
}

const agent = spawn(process.execPath, [join(root, 'test/support/stub-agent.ts')], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const [line] = (await once(agent.stdout, 'data')) as [Buffer];
const agentUrl = (JSON.parse(String(line).split('\n')[0] ?? '') as { url: string }).url;
const up = spawn(process.execPath, [launcher, 'up', '--port', '0', '--workers', '1', '--data-dir', dataDir], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const stop = async () => {
  agent.kill();
  up.kill('SIGTERM');
  await once(up, 'exit');
  rmSync(folder, { recursive: true, force: true });
};
process.once('SIGINT', () => void stop().then(() => process.exit(130)));

try {
  await untilReady(up);
  const connection = JSON.parse(readFileSync(join(dataDir, 'connection.json'), 'utf8')) as {
    databaseUrl: string;
    temporalAddress: string;
    pids: { postgres: number; temporal: number; api: number; worker: number[] };
  };
  const pool = new Pool({ connectionString: connection.databaseUrl, max: 1 });
  const temporal = new Client({ connection: await Connection.connect({ address: connection.temporalAddress }) });

  const sizes = options.quick ? [1_000, 2_000] : [1_000, 5_000];
  for (const trials of [...sizes, 20_000]) writeRows(trials / 2);
  for (const trials of [...sizes, 20_000]) {
    const pushed = await timed(process.execPath, [
      launcher,
      'dataset',
      'push',
      `rows-${trials}`,
      rowsFile(trials / 2),
      '--data-dir',
      dataDir,
    ]);
    if (pushed.exitCode !== 0) throw new Error(pushed.stderr);
  }
  console.log('warm-up …');
  await ours(1_000, 20);

  const results: Measured[] = [];
  const bare: { trials: number; agentMs: number; wallMs: number; cpuMs: number }[] = [];
  for (let round = 1; round <= Number(options.rounds); round += 1) {
    for (const agentMs of [20, 0]) {
      for (const trials of sizes) {
        const base = await timed(process.execPath, [
          join(root, 'benchmarks/bare-pool.ts'),
          `${agentUrl}/run?ms=${agentMs}`,
          String(trials),
          String(concurrency),
        ]);
        const inner = JSON.parse(base.stdout) as { wallMs: number; cpuSeconds: number };
        bare.push({ trials, agentMs, wallMs: base.wallMs, cpuMs: inner.cpuSeconds * 1_000 });
        const run = await ours(trials, agentMs);
        results.push(run);
        console.log(
          `round ${round}  agent ${agentMs} ms  ${trials} trials: bare ${base.wallMs.toFixed(0)} ms, ours ${run.wallMs.toFixed(0)} ms ` +
            `(start ${run.startMs.toFixed(0)}, end ${run.endMs.toFixed(0)}), cpu ${(run.cpuMs / trials).toFixed(2)} ms/trial, load ${loadavg()[0]?.toFixed(2)}`,
        );
      }
    }
  }
  const large = options.quick ? null : await ours(20_000, 20);

  const [small = 0, big = 0] = sizes;
  for (const agentMs of [20, 0]) {
    const wall = (list: { trials: number; agentMs: number; wallMs: number }[], trials: number) =>
      median(list.filter((one) => one.trials === trials && one.agentMs === agentMs).map((one) => one.wallMs));
    const cpu = (list: { trials: number; agentMs: number; cpuMs: number }[], trials: number) =>
      median(list.filter((one) => one.trials === trials && one.agentMs === agentMs).map((one) => one.cpuMs));
    const slope = (wall(results, big) - wall(results, small)) / (big - small);
    const bareSlope = (wall(bare, big) - wall(bare, small)) / (big - small);
    console.log(`\nagent ${agentMs} ms, concurrency ${concurrency}, medians of ${options.rounds} rounds`);
    console.log(
      `  wall slope        ours ${slope.toFixed(3)} ms/trial, bare ${bareSlope.toFixed(3)}, over bare ${(slope - bareSlope).toFixed(3)}`,
    );
    console.log(
      `  cpu slope         ours ${((cpu(results, big) - cpu(results, small)) / (big - small)).toFixed(3)} ms/trial (CLI, API, worker, Temporal, Postgres), bare ${((cpu(bare, big) - cpu(bare, small)) / (big - small)).toFixed(3)}`,
    );
    console.log(`  trials per second ours ${(1_000 / slope).toFixed(0)}, bare ${(1_000 / bareSlope).toFixed(0)}`);
  }
  const start = median(results.map((one) => one.startMs));
  const end = median(results.map((one) => one.endMs));
  console.log(
    `\nstart-up            CLI to first trial ${start.toFixed(0)} ms, verdict to exit ${end.toFixed(0)} ms, in all ${(start + end).toFixed(0)} ms`,
  );
  if (large) {
    const rss = median(results.filter((one) => one.trials === small).map((one) => one.rssMb));
    console.log(
      `worker memory       ${rss.toFixed(0)} MB at ${small} trials, ${large.rssMb.toFixed(0)} MB at 20000: ${(large.rssMb / rss).toFixed(3)} x`,
    );
    console.log(
      `history             ${large.events} events for 20000 trials: ${(large.events / 20_000).toFixed(4)} per trial`,
    );
    console.log(`20000 trials        ${(large.wallMs / 1_000).toFixed(1)} s`);
  }
  await pool.end();
  await temporal.connection.close();

  /** One experiment through the CLI, with two variants, measured from outside. */
  async function ours(trials: number, agentMs: number): Promise<Measured> {
    const spec = join(folder, 'spec.json');
    const variant = (name: string) => ({ adapter: 'http', url: `${agentUrl}/run?ms=${agentMs}&variant=${name}` });
    writeFileSync(
      spec,
      JSON.stringify({
        kind: 'experiment',
        name: 'overhead',
        dataset: `rows-${trials}`,
        concurrency,
        variants: { control: variant('control'), candidate: variant('candidate') },
        evaluators: [{ type: 'exact_match', name: 'correct' }],
      }),
    );
    const { postgres, temporal: temporalPid, api, worker } = connection.pids;
    const servers = () => [postgres, temporalPid, api, ...worker].reduce((sum, pid) => sum + cpuSeconds(pid), 0);
    const before = servers();
    const run = await timed(process.execPath, [
      launcher,
      'run',
      'start',
      spec,
      '--watch',
      '--json',
      '--data-dir',
      dataDir,
    ]);
    const cpuMs = (servers() - before + run.cpuSeconds) * 1_000;
    if (run.exitCode !== 0) throw new Error(`exit ${run.exitCode}\n${run.stdout}\n${run.stderr}`);
    const { id } = JSON.parse(run.stdout.trim().split('\n').at(-1) ?? '') as { id: string };
    const { rows } = await pool.query<{ first: Date; finished: Date; count: number }>(
      `select min(t.finished_at) as first, max(r.finished_at) as finished, count(*)::int as count
       from trial t join run r on r.id = t.run_id where r.id = $1`,
      [id],
    );
    const row = rows[0];
    if (row?.count !== trials) throw new Error(`${row?.count} rows of ${trials}`);
    const description = await temporal.workflow.getHandle(workflowIdOf('experiment', id)).describe();
    return {
      trials,
      agentMs,
      wallMs: run.wallMs,
      cpuMs,
      startMs: row.first.getTime() - agentMs - run.startedAtMs,
      endMs: run.endedAtMs - row.finished.getTime(),
      rssMb: Math.max(...worker.map(residentMb)),
      events: description.historyLength,
    };
  }
} finally {
  await stop();
}

function rowsFile(examples: number): string {
  return join(folder, `rows-${examples}.jsonl`);
}

function writeRows(examples: number): void {
  const rows = Array.from({ length: examples }, (_, index) =>
    JSON.stringify({ id: `e${index}`, input: `q${index}`, expected: `q${index}` }),
  );
  writeFileSync(rowsFile(examples), `${rows.join('\n')}\n`);
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
