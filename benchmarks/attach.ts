/**
 * How fast a code evaluator that is attached to a finished run scores its answers, beside a bare multi-row INSERT of the
 * very same rows. Both take turns in one run; the load average is printed with each line.
 *
 * node benchmarks/attach.ts [--trials 20000] [--rounds 3]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Pool } from 'pg';
import { createClient } from '../client/create-client.ts';
import { timed } from './processes.ts';
import { untilReady } from './until-ready.ts';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, trials: { type: 'string', default: '20000' } },
});
const trials = Number(options.trials);
const root = fileURLToPath(new URL('..', import.meta.url));
const launcher = join(root, 'bin/sluice.js');
const folder = mkdtempSync(join(tmpdir(), 'sluice-attach-'));
const dataDir = join(folder, 'data');
/** Rows of one INSERT of the baseline. */
const rowsEach = 1_000;

const agent = spawn(process.execPath, [join(root, 'test/support/stub-agent.ts')], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const [line] = (await once(agent.stdout, 'data')) as [Buffer];
const agentUrl = (JSON.parse(String(line).split('\n')[0] ?? '') as { url: string }).url;
const up = spawn(process.execPath, [launcher, 'up', '--port', '0', '--workers', '1', '--data-dir', dataDir], {
  stdio: ['ignore', 'pipe', 'inherit'],
});

try {
  await untilReady(up);
  const connection = JSON.parse(readFileSync(join(dataDir, 'connection.json'), 'utf8')) as {
    url: string;
    apiKey: string;
    databaseUrl: string;
  };
  const pool = new Pool({ connectionString: connection.databaseUrl, max: 1 });
  const { runs } = createClient({ url: connection.url, apiKey: connection.apiKey });
  const id = await runOf(trials);
  const agentCalls = await countCalls();

  const rates: { round: number; scores: number; whole: number; bare: number }[] = [];
  for (let round = 1; round <= Number(options.rounds); round += 1) {
    const name = `has_number_${round}`;
    const { scoringId } = await runs.score.mutate({
      id,
      evaluators: [{ type: 'regex', name, pattern: `q\\d+(${round})?` }],
    });
    while ((await runs.scoring.query({ id: scoringId ?? '' })).status !== 'completed') await delay(50);
    const { rows } = await pool.query<{ scored: number; scoring_ms: number; whole_ms: number }>(
      `select count(*)::int as scored,
         extract(epoch from max(s.created_at) - min(g.created_at)) * 1000 as scoring_ms,
         extract(epoch from min(g.finished_at) - min(g.created_at)) * 1000 as whole_ms
       from score s cross join scoring g where s.name = $1 and g.id = $2`,
      [name, scoringId],
    );
    const measured = rows[0];
    if (measured?.scored !== trials) throw new Error(`${measured?.scored} scores of ${trials}`);
    const bareMs = await bareInsert(pool, name);
    rates.push({
      round,
      scores: perSecond(measured.scoring_ms),
      whole: perSecond(measured.whole_ms),
      bare: perSecond(bareMs),
    });
    const last = rates.at(-1);
    console.log(
      `round ${round}  ${trials} answers: ${last?.scores} scores/s (with the comparison ${last?.whole}/s), ` +
        `bare INSERT ${last?.bare} rows/s, load ${loadavg()[0]?.toFixed(2)}`,
    );
  }
  const of = (key: 'scores' | 'whole' | 'bare') => median(rates.map((one) => one[key]));
  console.log(
    `\nmedian: ${of('scores')} scores/s, from the request to the comparison ${of('whole')}/s; bare INSERT ${of('bare')} rows/s: ${(of('bare') / of('scores')).toFixed(2)} x ours`,
  );
  console.log(`agent calls while scoring: ${(await countCalls()) - agentCalls}`);
  await pool.end();
} finally {
  agent.kill();
  up.kill('SIGTERM');
  await once(up, 'exit');
  rmSync(folder, { recursive: true, force: true });
}

/** A finished run of so many trials. */
async function runOf(count: number): Promise<string> {
  const rows = Array.from({ length: count / 2 }, (_, index) =>
    JSON.stringify({ id: `e${index}`, input: `q${index}`, expected: `q${index}` }),
  );
  writeFileSync(join(folder, 'rows.jsonl'), `${rows.join('\n')}\n`);
  const variant = (which: string) => ({ adapter: 'http', url: `${agentUrl}/run?which=${which}` });
  const spec = {
    kind: 'experiment',
    name: 'to-attach-to',
    dataset: 'rows',
    concurrency: 32,
    variants: { control: variant('control'), candidate: variant('candidate') },
  };
  writeFileSync(join(folder, 'spec.json'), JSON.stringify(spec));
  await sluice('dataset', 'push', 'rows', join(folder, 'rows.jsonl'));
  const printed = await sluice('run', 'start', join(folder, 'spec.json'), '--watch', '--json');
  return (JSON.parse(printed.trim().split('\n').at(-1) ?? '') as { id: string }).id;
}

async function sluice(...args: string[]): Promise<string> {
  const run = await timed(process.execPath, [launcher, ...args, '--data-dir', dataDir]);
  // 4: the agents are alike, and nothing is decided.
  if (run.exitCode !== 0 && run.exitCode !== 4) throw new Error(`exit ${run.exitCode}\n${run.stdout}\n${run.stderr}`);
  return run.stdout;
}

async function countCalls(): Promise<number> {
  return ((await (await fetch(`${agentUrl}/count`)).json()) as { count: number }).count;
}

/** Inserts what was scored once more, into a table with the same columns, keys and indexes. @returns ms */
async function bareInsert(pool: Pool, name: string): Promise<number> {
  await pool.query('drop table if exists bare_score; create table bare_score (like score including all)');
  const { rows } = await pool.query<Record<string, unknown>>(
    'select subject_id, evaluator_version_id, name, score, annotator_kind from score where name = $1',
    [name],
  );
  const columns = ['subject_id', 'evaluator_version_id', 'name', 'score', 'annotator_kind'];
  const started = performance.now();
  for (let first = 0; first < rows.length; first += rowsEach) {
    const group = rows.slice(first, first + rowsEach);
    const places = group.map((_, row) => `(${columns.map((_, column) => `$${row * columns.length + column + 1}`)})`);
    await pool.query(
      `insert into bare_score (${columns}) values ${places}`,
      group.flatMap((row) => columns.map((column) => row[column])),
    );
  }
  return performance.now() - started;
}

function perSecond(ms: number): number {
  return Math.round((trials * 1_000) / ms);
}

function median(values: number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
