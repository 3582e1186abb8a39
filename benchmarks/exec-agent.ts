/**
 * Trials per second of a Python file as agent, which answers at once, beside a bare pool of as many processes of the same
 * file. Both take turns in one run; the load average is printed with each line. Promise: at least 300 trials per second.
 *
 * node benchmarks/exec-agent.ts [--trials 4000] [--lanes 8] [--rounds 3]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Pool } from 'pg';
import { timed } from './processes.ts';
import { untilReady } from './until-ready.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    trials: { type: 'string', default: '4000' },
    lanes: { type: 'string', default: '8' },
  },
});
const [trials, lanes] = [Number(options.trials), Number(options.lanes)];
const root = fileURLToPath(new URL('..', import.meta.url));
const launcher = join(root, 'bin/sluice.js');
const folder = mkdtempSync(join(tmpdir(), 'sluice-exec-'));
const dataDir = join(folder, 'data');
const agentFile = join(folder, 'agent.py');
writeFileSync(
  agentFile,
  `import json, sys
for line in sys.stdin:
    print(json.dumps({"output": json.loads(line)["input"]}), flush=True)
`,
);
const inputs = Array.from({ length: trials / 2 }, (_, index) => `q${index}`);
const rowsFile = join(folder, 'rows.jsonl');
writeFileSync(
  rowsFile,
  inputs.map((input, index) => `${JSON.stringify({ id: `e${index}`, input, expected: input })}\n`).join(''),
);
const spec = join(folder, 'spec.json');
const variant = { adapter: 'exec', command: `exec python3 ${agentFile}` };
writeFileSync(
  spec,
  JSON.stringify({
    kind: 'experiment',
    name: 'exec',
    dataset: 'rows',
    concurrency: lanes,
    variants: { control: variant, candidate: variant },
    evaluators: [{ type: 'exact_match', name: 'correct' }],
  }),
);

const up = spawn(process.execPath, [launcher, 'up', '--port', '0', '--workers', '1', '--data-dir', dataDir], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  await untilReady(up);
  await sluice('dataset', 'push', 'rows', rowsFile);
  const { databaseUrl } = JSON.parse(readFileSync(join(dataDir, 'connection.json'), 'utf8')) as { databaseUrl: string };
  const pool = new Pool({ connectionString: databaseUrl, max: 1 });
  console.log('warm-up …');
  await ours(pool);
  const [bareRates, rates]: [number[], number[]] = [[], []];
  for (let round = 1; round <= Number(options.rounds); round += 1) {
    const bareMs = await bare();
    const { wallMs, trialsMs } = await ours(pool);
    bareRates.push((trials / bareMs) * 1_000);
    rates.push((trials / trialsMs) * 1_000);
    console.log(
      `round ${round}  ${trials} trials, ${lanes} lanes: bare ${perSecond(bareMs)}, ours ${perSecond(trialsMs)} ` +
        `(${perSecond(wallMs)} from start to exit of the CLI), load ${loadavg()[0]?.toFixed(2)}`,
    );
  }
  console.log(`medians  bare ${median(bareRates).toFixed(0)}/s, ours ${median(rates).toFixed(0)}/s; promised: 300/s`);
  await pool.end();
} finally {
  up.kill('SIGTERM');
  if (up.exitCode === null) await once(up, 'exit');
  rmSync(folder, { recursive: true, force: true });
}

/** One experiment through the CLI; `trialsMs` from the first row to the last. */
async function ours(pool: Pool): Promise<{ wallMs: number; trialsMs: number }> {
  const run = await sluice('run', 'start', spec, '--watch', '--json');
  const { id } = JSON.parse(run.stdout.trim().split('\n').at(-1) ?? '') as { id: string };
  const { rows } = await pool.query<{ ms: number; succeeded: number }>(
    `select (extract(epoch from max(finished_at) - min(finished_at)) * 1000)::float8 as ms,
       count(*) filter (where status = 'succeeded')::int as succeeded
     from trial where run_id = $1`,
    [id],
  );
  const [row] = rows;
  if (row?.succeeded !== trials) throw new Error(`${row?.succeeded} of ${trials} trials succeeded`);
  return { wallMs: run.wallMs, trialsMs: row.ms };
}

async function sluice(...args: string[]) {
  const run = await timed(process.execPath, [launcher, ...args, '--data-dir', dataDir]);
  if (run.exitCode !== 0) throw new Error(`exit ${run.exitCode}\n${run.stdout}\n${run.stderr}`);
  return run;
}

/** The same calls by nothing but processes and their pipes; from the first answer to the last. */
async function bare(): Promise<number> {
  const waiting = [...inputs, ...inputs].values();
  let firstAtMs = 0;
  const lane = async () => {
    const child = spawn('/bin/sh', ['-c', variant.command], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ask = () => {
      const next = waiting.next();
      if (next.done) child.stdin.end();
      else child.stdin.write(`${JSON.stringify({ input: next.value, context: { variant: 'control' } })}\n`);
    };
    ask();
    for await (const line of createInterface({ input: child.stdout })) {
      firstAtMs ||= performance.now();
      JSON.parse(line);
      ask();
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return performance.now() - firstAtMs;
}

function perSecond(ms: number): string {
  return `${((trials / ms) * 1_000).toFixed(0)}/s`;
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
