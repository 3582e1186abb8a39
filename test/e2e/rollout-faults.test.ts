import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { decideVariant } from '../../assignment/decide-variant.ts';
import type { RunResult } from '../../schema/contracts/result.ts';
import type { RolloutSpec } from '../../schema/contracts/rollout.ts';
import type { LeasedSplit } from '../../schema/contracts/traffic.ts';
import { piece, startStubCompletions } from '../agents/stub-completions.ts';
import { answerAs } from '../gateway/use-gateway.ts';
import { eventually } from '../support/eventually.ts';
import type { RunningCli } from '../support/run-cli.ts';
import {
  endStack,
  newDataDir,
  openStack,
  type RunningStack,
  startSupervisor,
  untilWhole,
} from '../support/running-stack.ts';
import { chatAs, startUsers, type UserAnswer, type Users } from '../support/start-users.ts';

/** Calls through the gateway per second, each of a unit of its own. */
const perSecond = Number(process.env.SLUICE_FAULT_RATE ?? 100);
/** What is left of a lease when its holders die. A rollout's own is 60 s: SLUICE_FAULT_LEASE_S=60 waits for all of it. */
const leaseS = Number(process.env.SLUICE_FAULT_LEASE_S ?? 5);
/** The same where an API starts meanwhile. */
const longLeaseS = Math.max(15, leaseS);
const patienceMs = 60_000 + 1_000 * longLeaseS;

type Stub = Awaited<ReturnType<typeof startStubCompletions>>;

const dataDir = newDataDir();
const stubs: Stub[] = [];
const crowds: Users[] = [];
let stack: RunningStack;
let lonelyApi: RunningCli | undefined;
let failed = false;

beforeAll(async () => {
  await startSupervisor(dataDir);
  stack = openStack(dataDir);
}, 600_000);

afterEach(async ({ task }) => {
  for (const crowd of crowds.splice(0)) await crowd.stop();
  if (task.result?.state === 'fail') {
    failed = true;
    console.log(stack.logs());
  }
});

afterAll(async () => {
  lonelyApi?.process.kill('SIGKILL');
  await stack?.close();
  await endStack(dataDir, { keep: failed });
  for (const stub of stubs) await stub.close();
}, 120_000);

test('nobody who got the candidate loses it while the share grows from 1 % to 50 %, and every exposure can be derived again', {
  timeout: 180_000,
}, async () => {
  const shop = await startRollout('growing', {
    stages: [0.01, 0.1, 0.5].map((traffic) => ({ traffic, minSamples: 10_000_000 })),
  });
  const units = Array.from({ length: 1_200 }, (_, index) => `growing-${index}`);
  const stages: { share: number; candidates: number }[] = [];
  let before = new Set<string>();
  for (const share of [0.01, 0.1, 0.5]) {
    await untilShare(shop, share);
    const answers = await askAll(shop, units);
    expect(failures(answers)).toEqual([]);
    const now = new Set(answers.filter(isCandidate).map(({ unit }) => unit));
    expect([...before].filter((unit) => !now.has(unit))).toEqual([]);
    stages.push({ share, candidates: now.size });
    before = now;
    if (share < 0.5) await stack.client.runs.steer.mutate({ id: shop.id, command: 'advance', reason: 'grow' });
  }
  console.table(stages);
  expect(before.size).toBeGreaterThan(500);
  expect(before.size).toBeLessThan(700);
  await eventually(async () => (await storedUnits(shop)).size === units.length || undefined, patienceMs);
  expect(await countUnderivable(shop)).toEqual({ exposures: units.length, underivable: 0 });
});

test('a worker that is replaced in mid-rollout changes nothing: the rollout goes on to its end', {
  timeout: 180_000,
}, async () => {
  const shop = await startRollout('deployed', {
    stages: [
      { traffic: 0.2, minDuration: '10ms', minSamples: 40 },
      { traffic: 0.5, minDuration: '10ms', minSamples: 100 },
    ],
    metrics: [{ metric: 'errorRate', guardrail: true }],
  });
  await untilShare(shop, 0.2);
  const workers = stack.connection().pids.worker;
  for (const pid of workers) process.kill(pid, 'SIGTERM');
  const users = crowd(shop);
  await untilWhole(stack, workers);
  const result = await untilResult(shop, ({ status }) => status === 'completed');
  expect(result).toMatchObject({ action: 'roll_forward' });
  await eventually(() => lastAnswers(users, 20).every(({ text }) => text.includes('large-2')) || undefined, patienceMs);
  await users.stop();
  expect(failures(users.answers)).toEqual([]);
  const agents = await stack.client.agents.list.query();
  expect(agents.find(({ name }) => name === shop.agent)).toMatchObject({ productionVersion: 2 });
  expect(await countUnderivable(shop)).toMatchObject({ underivable: 0 });
});

describe('a candidate that', () => {
  const eventStream = { 'content-type': 'text/event-stream' };
  const begun = piece({ content: 'I be' });
  const ways: Record<string, Parameters<Stub['answers']>[0]> = {
    'is slower than its timeout': () => {},
    'answers 500': (response) => response.writeHead(500).end('{}'),
    'breaks off before its first token': (response, { body }) =>
      body.stream === true
        ? response.writeHead(200, eventStream).write(piece({ role: 'assistant' }), () => response.destroy())
        : response.writeHead(200, { 'content-length': '900' }).write('{"choices"', () => response.destroy()),
    'breaks off in mid-stream': (response, asked) =>
      asked.body.stream === true
        ? response.writeHead(200, eventStream).write(begun, () => response.destroy())
        : answerAs('candidate')(response, asked),
    'is dead': () => {},
  };
  let shop: Shop;
  beforeAll(async () => {
    shop = await startRollout('failing', { stages: [half] }, { timeoutMs: 500 });
    await untilShare(shop, 0.5);
  });

  test.each(Object.entries(ways))('%s costs users nothing but what it had begun to say', async (way, answer) => {
    if (way === 'is dead') await shop.candidate.close();
    else shop.candidate.answers(answer);
    const units = Array.from({ length: 40 }, (_, index) => `${way}-${index}`);
    const [whole, streamed] = await Promise.all([askAll(shop, units), askAll(shop, units, true)]);
    expect(failures([...whole, ...streamed])).toEqual([]);
    const hit = streamed.filter(isCandidate);
    expect(hit.length).toBeGreaterThan(5);
    const isCut = way === 'breaks off in mid-stream';
    for (const { text } of whole.filter(isCandidate)) expect(text).toContain(isCut ? 'I am candidate' : 'I am control');
    for (const { text, variant } of hit) {
      expect(variant).toBe(isCut ? 'candidate' : 'control');
      const events = text.trimEnd().split('\n\n');
      const last = events.at(-1)?.slice('data: '.length) ?? '';
      // Either control's whole answer, or what there was and why there is no more: never a part of both.
      expect(text.includes('I be')).toBe(isCut);
      expect(text.includes('" control"')).toBe(!isCut);
      if (isCut) expect(JSON.parse(last)).toMatchObject({ error: { code: 'connection_reset' } });
      else expect(last).toBe('[DONE]');
    }
  });
});

test('agents with side effects are called once for each request, whatever becomes of it', async () => {
  const shop = await startRollout('paying', { stages: [half] }, { sideEffects: true, timeoutMs: 500 });
  await untilShare(shop, 0.5);
  const units = Array.from({ length: 40 }, (_, index) => `paying-${index}`);
  shop.candidate.answers((response) => response.destroy());
  const answers = await askAll(shop, units);
  const hit = answers.filter(isCandidate);
  expect(hit.length).toBeGreaterThan(5);
  for (const answer of answers) expect(answer).toMatchObject({ status: isCandidate(answer) ? 502 : 200 });
  const asked = [...shop.control.asked, ...shop.candidate.asked].map(({ body }) => body.messages[0]?.content);
  expect(asked.toSorted()).toEqual(units.toSorted());
});

test('harm under load: all users get answers, and the candidate is taken back within a few looks', {
  timeout: 180_000,
}, async () => {
  const shop = await startRollout('harmful', {
    stages: [half],
    metrics: [{ metric: 'errorRate', guardrail: true }],
  });
  await untilShare(shop, 0.5);
  const users = crowd(shop);
  await eventually(() => users.answers.length >= 2 * perSecond || undefined, patienceMs);
  const harmAt = performance.now();
  shop.candidate.answers((response) => response.writeHead(500).end('{}'));
  await untilShare(shop, 0);
  const backAt = performance.now();
  const since = () => users.answers.filter(({ startedAt }) => startedAt > backAt);
  await eventually(() => since().length >= perSecond || undefined, patienceMs);
  await users.stop();
  const harmed = users.answers.filter((answer) => isCandidate(answer) && answer.variant === 'control');
  const lastAt = Math.max(...harmed.map(({ startedAt }) => startedAt));
  console.log(
    `from harm to control: ${Math.round(lastAt - harmAt)} ms at ${users.perSecond().toFixed(0)} calls/s (looks each second), ` +
      `${harmed.length} units were assigned to the failing candidate, ${failures(users.answers).length} of ${users.answers.length} users got no answer`,
  );
  expect(failures(users.answers)).toEqual([]);
  expect(since().filter(isCandidate)).toEqual([]);
  expect(await untilResult(shop, ({ status }) => status === 'completed')).toMatchObject({ action: 'roll_back' });
});

test('kill -9 of the whole control plane under load: no request fails, and after the lease nobody gets the candidate', {
  timeout: 240_000,
}, async () => {
  const shop = await startRollout('orphaned', { stages: [half] });
  await untilShare(shop, 0.5);
  const users = crowd(shop);
  await eventually(() => users.answers.length >= 2 * perSecond || undefined, patienceMs);

  killControlPlane();
  const killedAt = performance.now();
  await shortenLease(shop, leaseS);
  await eventually(async () => (await splitOf(shop)).leaseMs === 0 || undefined, patienceMs);
  const overAt = performance.now();
  const after = () => users.answers.filter(({ startedAt }) => startedAt > overAt);
  await eventually(() => after().length >= 3 * perSecond || undefined, patienceMs);
  await users.stop();

  const between = users.answers.filter(({ startedAt }) => startedAt > killedAt && startedAt < overAt);
  tell('control plane dead', users, { 'dead, leased': between, 'lease over': after() });
  expect(failures(users.answers)).toEqual([]);
  expect(between.some(isCandidate)).toBe(true);
  expect(after().filter(isCandidate)).toEqual([]);

  // With a new supervisor the rollout goes on, and who had the candidate has it again.
  await startSupervisor(dataDir);
  await eventually(async () => ((await splitOf(shop)).leaseMs ?? 0) > 0 || undefined, patienceMs);
  const early = users.answers.filter(({ endedAt }) => endedAt < killedAt).slice(0, 100);
  const again = await askAll(
    shop,
    early.map(({ unit }) => unit),
  );
  expect(variantsOf(again)).toEqual(variantsOf(early));
  expect(await countUnderivable(shop)).toMatchObject({ underivable: 0 });
});

test('kill -9 of Postgres under its supervisor: no request fails, and every exposure and every call is stored', {
  timeout: 240_000,
}, async () => {
  const shop = await startRollout('interrupted', { stages: [half] });
  await untilShare(shop, 0.5);
  const users = crowd(shop);
  await eventually(() => users.answers.length >= perSecond || undefined, patienceMs);
  const { postgres } = stack.connection().pids;
  process.kill(postgres as number, 'SIGKILL');
  const killedAt = performance.now();
  await untilWhole(stack, [postgres as number]);
  console.log(`Postgres is back after ${Math.round(performance.now() - killedAt)} ms`);
  const count = users.answers.length;
  await eventually(() => users.answers.length >= count + perSecond || undefined, patienceMs);
  await users.stop();
  tell('Postgres restarted', users, { 'since then': users.answers.filter(({ startedAt }) => startedAt > killedAt) });
  expect(failures(users.answers)).toEqual([]);
  const units = users.answers.map(({ unit }) => unit).toSorted();
  const stored = async () => [...(await storedUnits(shop))].toSorted();
  await eventually(async () => (await stored()).length === units.length || undefined, patienceMs);
  expect(await stored()).toEqual(units);
  await eventually(async () => (await recordedCalls(shop)).size === units.length || undefined, patienceMs);
  expect(await countUnderivable(shop)).toEqual({ exposures: units.length, underivable: 0 });
  expect(await untilResult(shop, ({ status }) => status === 'running')).toMatchObject({ share: 0.5 });
});

test('kill -9 of Postgres, then of the API: the last good split, then control, no request fails and no exposure is lost', {
  timeout: 300_000,
}, async () => {
  const shop = await startRollout('homeless', { stages: [half] });
  await untilShare(shop, 0.5);
  const users = crowd(shop);
  await eventually(() => users.answers.length >= 2 * perSecond || undefined, patienceMs);

  // Without its supervisor, or Postgres would be back at once.
  const { postgres, temporal: _, ...pids } = stack.connection().pids;
  for (const pid of [pids.supervisor, ...pids.worker]) process.kill(pid, 'SIGKILL');
  const leaseUntil = await shortenLease(shop, longLeaseS);
  await eventually(() => readFileSync(snapshotPath, 'utf8').includes(leaseUntil) || undefined, patienceMs);
  process.kill(postgres as number, 'SIGKILL');
  const killedAt = performance.now();
  const orphaned = () => users.answers.filter(({ startedAt }) => startedAt > killedAt);
  await eventually(() => orphaned().length >= 3 * perSecond || undefined, patienceMs);
  await users.stop();
  expect((await splitOf(shop)).leaseMs, 'this machine is too slow for so short a lease').toBeGreaterThan(0);
  tell('Postgres dead', users, { 'Postgres dead, leased': orphaned() });
  expect(failures(users.answers)).toEqual([]);
  expect(orphaned().some(isCandidate)).toBe(true);

  // The API dies too, once all of it is on disk; another one starts without Postgres.
  await eventually(() => {
    const spool = spooled();
    return orphaned().every(({ unit }) => spool.includes(`"${unit}"`)) || undefined;
  }, patienceMs);
  process.kill(pids.api, 'SIGKILL');
  const { url, databaseUrl, temporalAddress } = stack.connection();
  const startingAt = performance.now();
  lonelyApi = stack.startCli(['api'], {
    env: {
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: temporalAddress,
      SLUICE_PORT: new URL(url).port,
      SLUICE_DATA_DIR: dataDir,
      SLUICE_LOCAL: '1',
    },
  });
  await eventually(async () => (await fetch(`${url}/healthz`)).ok || undefined, patienceMs);
  console.log(`an API without Postgres answers after ${Math.round(performance.now() - startingAt)} ms`);
  const early = orphaned().slice(0, 100);
  const fresh = Array.from({ length: 100 }, (_, index) => `fresh-${index}`);
  const again = await askAll(shop, [...early.map(({ unit }) => unit), ...fresh]);
  expect((await splitOf(shop)).leaseMs, 'this machine is too slow for so short a lease').toBeGreaterThan(0);
  expect(failures(again)).toEqual([]);
  expect(again.some(isCandidate)).toBe(true);
  expect(variantsOf(again.filter(({ unit }) => !fresh.includes(unit)))).toEqual(variantsOf(early));

  const later = crowd(shop, 'later');
  await eventually(async () => (await splitOf(shop)).leaseMs === 0 || undefined, patienceMs);
  const overAt = performance.now();
  const over = () => later.answers.filter(({ startedAt }) => startedAt > overAt);
  await eventually(() => over().length >= perSecond || undefined, patienceMs);
  await later.stop();
  tell('API started without Postgres', later, { 'lease over': over() });
  expect(failures(later.answers)).toEqual([]);
  expect(over().filter(isCandidate)).toEqual([]);

  // Postgres is back: what waited on disk is stored, and it goes on.
  await startSupervisor(dataDir);
  await eventually(async () => ((await splitOf(shop)).leaseMs ?? 0) > 0 || undefined, patienceMs);
  const drawn = new Set([...users.answers, ...again].map(({ unit }) => unit));
  const needed = [...drawn, ...later.answers.filter(isCandidate).map(({ unit }) => unit)];
  await eventually(async () => {
    const stored = await storedUnits(shop);
    return needed.every((unit) => stored.has(unit)) || undefined;
  }, patienceMs);
  await eventually(() => spooled() === '' || undefined, patienceMs);
  const stored = await storedUnits(shop);
  const leased = new Set(later.answers.filter(({ startedAt }) => startedAt <= overAt).map(({ unit }) => unit));
  expect([...stored].filter((unit) => !drawn.has(unit) && !leased.has(unit))).toEqual([]);
  const more = await askAll(
    shop,
    Array.from({ length: 100 }, (_, index) => `more-${index}`),
  );
  expect(failures(more)).toEqual([]);
  expect(more.some(isCandidate)).toBe(true);
  await eventually(async () => (await storedUnits(shop)).size === stored.size + more.length || undefined, patienceMs);
  expect(await countUnderivable(shop)).toEqual({ exposures: stored.size + more.length, underivable: 0 });
  const { rows } = await stack.pool.query(
    `select dropped_exposures::int as dropped, (select sum(count)::int from exposure_count where run_id = $1) as counted
     from rollout_state where run_id = $1`,
    [shop.id],
  );
  // Calls that waited in the memory of the API that was killed are lost; those of the one without Postgres are all there.
  const answered = [...again, ...later.answers, ...more];
  await eventually(async () => {
    const recorded = await recordedCalls(shop);
    return answered.every(({ unit, trace }) => recorded.has(`${unit} ${trace}`)) || undefined;
  }, patienceMs);
  console.log(
    `${stored.size + more.length} exposures are stored, ${rows[0].dropped} were counted as dropped; of ${answered.length + users.answers.length} calls ` +
      `${(await recordedCalls(shop)).size} are recorded (${orphaned().length} were answered by the killed API after Postgres had gone)`,
  );
  expect(rows).toEqual([{ dropped: 0, counted: stored.size + more.length }]);
});

/** An agent of two versions, each with a model of its own, and a rollout that moves its traffic. */
interface Shop {
  agent: string;
  id: string;
  control: Stub;
  candidate: Stub;
}

const half = { traffic: 0.5, minSamples: 10_000_000 } satisfies NonNullable<RolloutSpec['stages']>[number];
const snapshotPath = join(dataDir, 'data-plane/snapshot.json');

async function startRollout(
  agent: string,
  spec: Partial<RolloutSpec>,
  config: { sideEffects?: boolean; timeoutMs?: number } = {},
): Promise<Shop> {
  const [control, candidate] = await Promise.all([startStubCompletions(), startStubCompletions()]);
  stubs.push(control, candidate);
  for (const [index, stub] of [control, candidate].entries()) {
    stub.answers(answerAs(index === 0 ? 'control' : 'candidate'));
    const model = `large-${index + 1}`;
    await stack.client.agents.push.mutate({
      agent,
      config: { adapter: 'openai', baseUrl: stub.url, model, ...config },
    });
  }
  const { id } = await stack.client.runs.start.mutate({
    spec: {
      kind: 'rollout',
      name: agent,
      agent,
      candidate: 2,
      cadence: '1s',
      // Nobody tells of it, so nothing but a person moves these rollouts.
      metrics: [{ metric: 'resolved', guardrail: true, kind: 'binary', silence: 'exclude', controlMean: 0.7 }],
      approvals: { promote: 0 },
      ...spec,
    },
  });
  return { agent, id, control, candidate };
}

function gatewayOf({ agent }: Shop) {
  const { url, apiKey } = stack.connection();
  return { url, apiKey, agent };
}

function crowd(shop: Shop, name = 'user'): Users {
  const users = startUsers({ ...gatewayOf(shop), name: `${shop.agent}-${name}`, perSecond });
  crowds.push(users);
  return users;
}

/** Asks for all units, twenty at a time. */
async function askAll(shop: Shop, units: readonly string[], stream = false): Promise<UserAnswer[]> {
  const gateway = { ...gatewayOf(shop), stream };
  const answers: UserAnswer[] = [];
  for (let from = 0; from < units.length; from += 20) {
    answers.push(...(await Promise.all(units.slice(from, from + 20).map((unit) => chatAs(unit, gateway)))));
  }
  return answers;
}

/** The split as the data plane has it. */
async function splitOf(shop: Shop): Promise<LeasedSplit> {
  const { url, apiKey, agent } = gatewayOf(shop);
  const response = await fetch(`${url}/v1/traffic/${agent}`, { headers: { authorization: `Bearer ${apiKey}` } });
  return (await response.json()) as LeasedSplit;
}

function untilShare(shop: Shop, share: number): Promise<LeasedSplit> {
  return eventually(async () => {
    const split = await splitOf(shop);
    const [from, to] = split.variants.find(({ version }) => version === 2)?.range ?? [0, 0];
    if (Math.abs(to - from - share) > 1e-9) throw new Error(`it is at ${JSON.stringify(split)}`);
    return split;
  }, patienceMs);
}

function untilResult(shop: Shop, says: (result: RunResult) => boolean): Promise<RunResult> {
  return eventually(async () => {
    const result = await stack.client.runs.get.query({ id: shop.id });
    if (!says(result)) throw new Error(`it is at ${JSON.stringify(result)}`);
    return result;
  }, patienceMs);
}

function killControlPlane(): void {
  const { supervisor, temporal, worker } = stack.connection().pids;
  for (const pid of [supervisor, temporal as number, ...worker]) process.kill(pid, 'SIGKILL');
}

/** As if the last look had been so long ago; returns when the data plane knows. @returns the end, as Postgres writes it */
async function shortenLease(shop: Shop, seconds: number): Promise<string> {
  const { rows } = await stack.pool.query(
    `update traffic set lease_until = clock_timestamp() + make_interval(secs => $2) where run_id = $1
     returning lease_until::text as until, pg_notify('sluice_traffic', agent_id)`,
    [shop.id, seconds],
  );
  await eventually(async () => ((await splitOf(shop)).leaseMs ?? 0) <= 1_000 * seconds || undefined, patienceMs);
  return rows[0].until;
}

async function storedUnits(shop: Shop): Promise<Set<string>> {
  const { rows } = await stack.pool.query('select unit from exposure where run_id = $1', [shop.id]);
  return new Set(rows.map(({ unit }) => unit));
}

async function recordedCalls(shop: Shop): Promise<Set<string>> {
  const { rows } = await stack.pool.query('select unit, trace_id from agent_call where run_id = $1', [shop.id]);
  return new Set(rows.map(({ unit, trace_id }) => `${unit} ${trace_id}`));
}

/** Derives every stored exposure of a rollout from the revision it names. */
async function countUnderivable(shop: Shop): Promise<{ exposures: number; underivable: number }> {
  const { rows } = await stack.pool.query(
    `select e.unit, e.variant, r.split from exposure e join traffic_revision r using (run_id, revision) where e.run_id = $1`,
    [shop.id],
  );
  const underivable = rows.filter(({ unit, variant, split }) => {
    const { position, assignedBy } = decideVariant(split, unit, { leased: true });
    return assignedBy !== 'hash' || split.variants[position].name !== variant;
  });
  return { exposures: rows.length, underivable: underivable.length };
}

/** All exposures that wait on disk. */
function spooled(): string {
  const folder = join(dataDir, 'data-plane');
  const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  return files.map((name) => readFileSync(join(folder, name), 'utf8')).join('');
}

function isCandidate({ assigned }: UserAnswer): boolean {
  return assigned === 'candidate';
}

function failures(answers: readonly UserAnswer[]): UserAnswer[] {
  return answers.filter(({ status }) => status !== 200);
}

function lastAnswers({ answers }: Users, count: number): readonly UserAnswer[] {
  return answers.slice(-count);
}

function variantsOf(answers: readonly UserAnswer[]): Record<string, string | null> {
  return Object.fromEntries(answers.map(({ unit, assigned }) => [unit, assigned]));
}

function tell(what: string, users: Users, phases: Record<string, readonly UserAnswer[]>): void {
  const rows = Object.entries({ 'all of it': users.answers, ...phases }).map(([phase, answers]) => {
    const starts = answers.map(({ startedAt }) => startedAt);
    return {
      phase: `${what}: ${phase}`,
      seconds: ((Math.max(...starts) - Math.min(...starts)) / 1_000).toFixed(1),
      calls: answers.length,
      failed: failures(answers).length,
      'candidate %': ((100 * answers.filter(isCandidate).length) / answers.length).toFixed(1),
    };
  });
  console.log(`${users.perSecond().toFixed(0)} calls/s`);
  console.table(rows);
}
