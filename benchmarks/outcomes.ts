/**
 * How many outcomes a second `POST /v1/outcomes` takes in, beside bare multi-row INSERTs of the same rows, and what a look at a rollout costs
 * (settle, load, judge) at ten thousand and at ten million outcomes. Ingest and baseline take turns in one run; the load
 * average is printed with each line.
 *
 * node benchmarks/outcomes.ts [--rounds 3] [--requests 100] [--in-flight 4] [--sizes 10000,10000000]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { judgeRollout } from '../gates/rollout/judge-rollout.ts';
import type { RolloutPlan } from '../schema/contracts/rollout-plan.ts';
import { openDatabase, type Store } from '../store/open-database.ts';
import { settleUnits } from '../store/outcomes/settle-units.ts';
import { storeOutcomes } from '../store/outcomes/store-outcomes.ts';
import { loadRolloutEvidence } from '../store/rollouts/load-rollout-evidence.ts';
import { insertExposures } from '../store/traffic/insert-exposures.ts';
import { endRollout, insertMovingRollout, planMetric, wrongCounts } from '../test/outcomes/moving-rollout.ts';
import { cpuSeconds } from './processes.ts';
import { untilReady } from './until-ready.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    requests: { type: 'string', default: '100' },
    'in-flight': { type: 'string', default: '4' },
    sizes: { type: 'string', default: '10000,10000000' },
  },
});
const inFlight = Number(options['in-flight']);
const requests = Number(options.requests);
const perRequest = 1_000;
const folder = mkdtempSync(join(tmpdir(), 'sluice-outcomes-'));
const dataDir = join(folder, 'data');
const up = spawn(
  process.execPath,
  [
    join(fileURLToPath(new URL('..', import.meta.url)), 'bin/sluice.js'),
    'up',
    '--port',
    '0',
    '--workers',
    '1',
    '--data-dir',
    dataDir,
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);

try {
  await untilReady(up);
  const connection = JSON.parse(readFileSync(join(dataDir, 'connection.json'), 'utf8')) as {
    url: string;
    apiKey: string;
    databaseUrl: string;
    pids: { api: number };
  };
  const { db, close } = openDatabase({ databaseUrl: connection.databaseUrl, connections: 8, name: 'benchmark' });
  console.log(`${cpus().length} cores; ${requests} requests of ${perRequest} outcomes, ${inFlight} in flight`);
  await ingest(db, connection, { runId: 'run_ingest', rounds: Number(options.rounds) });
  for (const size of options.sizes.split(',').map(Number)) await look(db, size);
  // Once more beside all that is there now.
  await ingest(db, connection, { runId: 'run_ingest_again', rounds: 1 });
  await close();
} finally {
  up.kill('SIGTERM');
  await once(up, 'exit').catch(() => {});
  rmSync(folder, { recursive: true, force: true });
}

async function ingest(
  db: Store,
  api: { url: string; apiKey: string; pids: { api: number } },
  { runId, rounds }: { runId: string; rounds: number },
): Promise<void> {
  const agentId = `agt_${runId}`;
  await insertMovingRollout(db, {
    runId,
    agentId,
    projectId: 'prj_default',
    metrics: [planMetric({ name: 'resolved', silence: 0 })],
    revisions: [{ revision: 1, stage: 0, stratum: 0 }],
  });
  await sql`create table if not exists bare (like outcome including all)`.execute(db);
  for (let round = 1; round <= rounds; round += 1) {
    const unitsOf = (request: number) =>
      Array.from({ length: perRequest }, (_, index) => `session-${round}-${request}-${index * 7919}`);
    const at = new Date();
    await inTurn(requests, async (request) => {
      const exposures = unitsOf(request).map((unit, index) => ({
        unit,
        variant: index % 2 === 0 ? 'control' : 'candidate',
        revision: 1,
        at,
      }));
      await insertExposures(db, { agentId, exposures });
    });
    const bodies = Array.from({ length: requests }, (_, request) =>
      JSON.stringify({
        outcomes: unitsOf(request).map((unit, index) => ({
          agent: agentId,
          unit,
          metric: 'resolved',
          value: index % 3 > 0,
          identifier: 'first',
          at: at.getTime() + 1,
        })),
      }),
    );
    const cpuBefore = cpuSeconds(api.pids.api);
    const oursMs = await inTurn(requests, async (request) => {
      const response = await fetch(`${api.url}/v1/outcomes`, {
        method: 'POST',
        headers: { authorization: `Bearer ${api.apiKey}`, 'content-type': 'application/json' },
        body: bodies[request] as string,
      });
      const answer = (await response.json()) as { accepted?: number };
      if (answer.accepted !== perRequest)
        throw new Error(`${response.status}: ${JSON.stringify(answer).slice(0, 500)}`);
    });
    const cpuMs = (cpuSeconds(api.pids.api) - cpuBefore) * 1_000;
    const bareMs = await inTurn(requests, async (request) => {
      const rows = unitsOf(request).map((unit, index) => ({
        agent_id: agentId,
        unit,
        metric: 'resolved',
        identifier: 'first',
        revision: 0,
        value: Number(index % 3 > 0),
        at,
        received_at: at,
        source: 'outcome',
      }));
      await db
        .insertInto('bare' as 'outcome')
        .values(rows as never)
        .execute();
    });
    const wrong = await wrongCounts(db, runId);
    if (wrong.length > 0) throw new Error(`counts differ from a recount: ${JSON.stringify(wrong.slice(0, 3))}`);
    const all = requests * perRequest;
    console.log(
      `round ${round}: ours ${rate(all, oursMs)}/s stored, attached and counted (API ${((cpuMs / all) * 1_000).toFixed(0)} us CPU each), bare INSERT ${rate(all, bareMs)}/s, ${(oursMs / bareMs).toFixed(2)} times as long; load ${loadavg()[0]?.toFixed(1)}`,
    );
  }
  await endRollout(db, runId);
}

async function look(db: Store, size: number): Promise<void> {
  const runId = `run_look_${size}`;
  const agentId = `agt_look_${size}`;
  const metrics = [
    planMetric({ name: 'resolved', silence: 0 }),
    planMetric({ name: 'stars', kind: 'score', range: [0, 100], perUnit: 'mean', silence: 0, margin: 1 }),
  ];
  await insertMovingRollout(db, {
    runId,
    agentId,
    projectId: 'prj_default',
    metrics,
    revisions: [{ revision: 1, stage: 0, stratum: 0 }],
  });
  const shares = JSON.stringify({ control: 0.5, candidate: 0.5 });
  const anchors = JSON.stringify({ resolved: 0.66, stars: 0.5 });
  await db.insertInto('stratum').values({ run_id: runId, stratum: 0, stage: 0, seed: 's', shares, anchors }).execute();
  const filling = performance.now();
  const chunk = 500_000;
  const units = size / metrics.length;
  const name = (n: string) => sql.raw(`'u' || lpad(${n}::text, 9, '0')`);
  const variant = sql.raw(`case when n % 2 = 0 then 'control' else 'candidate' end`);
  for (let from = 0; from < units; from += chunk) {
    const series = sql`generate_series(${from}::int, ${Math.min(from + chunk, units) - 1}::int) as n`;
    await db.transaction().execute(async (trx) => {
      await sql`set local statement_timeout = 0`.execute(trx);
      await sql`insert into exposure (run_id, draw, unit, variant, stratum, revision, at, received_at)
        select ${runId}, 0, ${name('n')}, ${variant}, 0, 1, now() - interval '1 hour', now() - interval '1 hour' from ${series}`.execute(
        trx,
      );
      for (const [metric, value, bin] of [
        ['resolved', '(n % 3 > 0)::int', '(n % 3 > 0)::int * 100'],
        ['stars', 'n % 101', 'n % 101'],
      ] as const) {
        await sql`insert into outcome (agent_id, unit, metric, identifier, revision, value, at, received_at)
          select ${agentId}, ${name('n')}, ${metric}, 'first', 0, ${sql.raw(value)}, now() - interval '59 minutes', now() from ${series}`.execute(
          trx,
        );
        await sql`insert into unit_metric (run_id, draw, unit, metric, variant, stratum, value, bin, state, closes_at)
          select ${runId}, 0, ${name('n')}, ${metric}, ${variant}, 0, ${sql.raw(value)}, ${sql.raw(bin)}, 'final', now() from ${series}`.execute(
          trx,
        );
      }
    });
  }
  await settleUnits(db, { runId, asOf: new Date() });
  const filledS = (performance.now() - filling) / 1_000;
  const plan = {
    ...((await db.selectFrom('run').select('plan').where('id', '=', runId).executeTakeFirstOrThrow())
      .plan as unknown as RolloutPlan),
    strategy: 'canary',
    stages: [
      { kind: 'traffic', share: 0.5, minDurationMs: 0, minSamples: 100, maxDurationMs: 1e9, requireClear: false },
    ],
    harmAlpha: 0.05,
    cadenceMs: 15_000,
    onHarm: 'roll_back',
    onTimeout: 'roll_back',
    onNoData: 'roll_back',
    srmGraceMs: 3_600_000,
    watch: null,
  } as unknown as RolloutPlan;
  const parts: { settle: number; load: number; judge: number; whole: number }[] = [];
  for (let turn = 0; turn < 20; turn += 1) {
    // What comes in between two looks of 200 ms at 1,000 units a second: exposures and their outcomes.
    const fresh = Array.from({ length: 200 }, (_, index) => `v${turn}-${index}`);
    const at = new Date(Date.now() - 120_000);
    await insertExposures(db, {
      agentId,
      exposures: fresh.map((unit, index) => ({ unit, variant: index % 2 ? 'candidate' : 'control', revision: 1, at })),
    });
    await storeOutcomes(db, {
      agentId,
      outcomes: fresh.map((unit, index) => ({
        index,
        unit,
        metric: 'stars',
        identifier: 'first',
        revision: 0,
        value: index % 101,
        at,
      })),
    });
    const marks = [performance.now()];
    await settleUnits(db, { runId, asOf: new Date() });
    marks.push(performance.now());
    const counts = await loadRolloutEvidence(db, runId);
    marks.push(performance.now());
    judgeRollout(plan, { ...counts, stage: 0, elapsedMs: 1, extendedMs: 0, disturbed: false, droppedExposures: 0 });
    marks.push(performance.now());
    const [a = 0, b = 0, c = 0, d = 0] = marks;
    parts.push({ settle: b - a, load: c - b, judge: d - c, whole: d - a });
  }
  const median = (key: keyof (typeof parts)[number]) =>
    parts
      .map((one) => one[key])
      .sort((a, b) => a - b)
      [parts.length >> 1]?.toFixed(1);
  const worst = Math.max(...parts.map(({ whole }) => whole)).toFixed(1);
  console.log(
    `look at ${size} outcomes: ${median('whole')} ms median, ${worst} ms worst of ${parts.length} (settle ${median('settle')}, load ${median('load')}, judge ${median('judge')}); filled in ${filledS.toFixed(0)} s; load ${loadavg()[0]?.toFixed(1)}`,
  );
  await endRollout(db, runId);
}

/** Does `work` for 0 … count - 1, some at a time. @returns how long it took, in ms */
async function inTurn(count: number, work: (index: number) => Promise<void>): Promise<number> {
  const started = performance.now();
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const index = next;
      next += 1;
      await work(index);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return performance.now() - started;
}

function rate(count: number, ms: number): string {
  return Math.round((count / ms) * 1_000).toLocaleString('en');
}
