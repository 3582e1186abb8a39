import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { shellEnvironment } from '../support/run-cli.ts';
import { endStack, newDataDir, openStack, type RunningStack, startSupervisor } from '../support/running-stack.ts';

/** Calls per second, from start to end. */
const rate = 40;
const leaseMs = 60_000;

interface Answered {
  atMs: number;
  status: number;
  variant: string | null;
  fellBackFrom: string | null;
  text: string;
}

const dataDir = newDataDir();
const started: ChildProcess[] = [];
let stack: RunningStack;
let failed = true;

beforeAll(async () => {
  await startSupervisor(dataDir, { workers: 1 });
  stack = openStack(dataDir);
}, 600_000);

afterAll(async () => {
  for (const child of started) child.kill('SIGKILL');
  await stack?.close();
  await endStack(dataDir, { keep: failed });
}, 120_000);

test('users are answered while everything else is killed: the candidate, the control plane, Postgres, and the gateway itself', async () => {
  const agent = fileURLToPath(new URL('../support/stub-agent.ts', import.meta.url));
  const control = await startProcess([agent]);
  const candidate = await startProcess([agent]);
  for (const { url } of [control, candidate]) {
    await stack.client.agents.push.mutate({ agent: 'support-bot', config: { adapter: 'http', url: `${url}/run` } });
  }
  const { id } = await stack.client.runs.start.mutate({
    spec: {
      kind: 'rollout',
      name: 'support-bot-v2',
      agent: 'support-bot',
      candidate: 2,
      stages: [{ traffic: 0.5, minDuration: '1d' }],
      metrics: [
        {
          metric: 'resolved',
          guardrail: true,
          kind: 'binary',
          silence: 'exclude',
          attributionWindow: '1h',
          controlMean: 0.5,
        },
      ],
      approvals: { promote: 0 },
    },
  });
  await eventually(async () => {
    const { share } = await stack.client.runs.get.query({ id });
    return share === 0.5 || undefined;
  }, 30_000);
  const { url, apiKey, pids, databaseUrl, temporalAddress } = stack.connection();

  const answers: Answered[] = [];
  const call = async (unit: string): Promise<void> => {
    const atMs = performance.now();
    const response = await fetch(`${url}/v1/agents/support-bot/invoke`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ input: unit, unit }),
    }).catch((error) => new Response(String(error.cause ?? error), { status: 599 }));
    answers.push({
      atMs,
      status: response.status,
      variant: response.headers.get('x-sluice-variant'),
      fellBackFrom: response.headers.get('x-sluice-fell-back-from'),
      text: await response.text(),
    });
  };
  let sent = 0;
  const load = setInterval(() => void call(`unit-${sent++}`), 1_000 / rate);
  const since = (atMs: number) => answers.filter((one) => one.atMs >= atMs);
  const isUnanswered = ({ status, text }: Answered) => status !== 200 || !/^\{"output":"unit-\d+"\}$/.test(text);
  const until = (some: (answers: Answered[]) => boolean, from: number, timeoutMs = 20_000) =>
    eventually(() => some(since(from)) || undefined, timeoutMs);
  const of = (some: Answered[], variant: string) => some.filter((one) => one.variant === variant).length;

  try {
    await until((some) => of(some, 'candidate') > 40 && of(some, 'control') > 40, 0);

    candidate.child.kill('SIGKILL');
    const candidateDied = performance.now();
    await until((some) => some.filter(({ fellBackFrom }) => fellBackFrom === 'candidate').length > 40, candidateDied);
    await startProcess([agent, String(candidate.port)]);
    await until((some) => of(some, 'candidate') > 20, performance.now());

    // The supervisor first: nobody may start the others again.
    for (const pid of [pids.supervisor, pids.temporal, ...pids.worker]) process.kill(pid as number, 'SIGKILL');
    const died = performance.now();
    await until((some) => of(some, 'candidate') > 20, died + 1_000);
    await until((some) => some.length > 4 * rate, died + leaseMs + 1_000, leaseMs + 30_000);
    expect(of(since(died + leaseMs), 'candidate')).toBe(0);

    process.kill(pids.postgres as number, 'SIGKILL');
    await until((some) => some.length > 4 * rate, performance.now() + 1_000);
    expect(answers.filter(isUnanswered)).toEqual([]);
    expect(answers.length).toBeGreaterThan((rate * leaseMs) / 2_000);
  } finally {
    clearInterval(load);
  }

  process.kill(pids.api as number, 'SIGKILL');
  const launcher = fileURLToPath(new URL('../../bin/sluice.js', import.meta.url));
  started.push(
    spawn(process.execPath, [launcher, 'api'], {
      stdio: 'ignore',
      env: {
        ...shellEnvironment(),
        DATABASE_URL: databaseUrl,
        TEMPORAL_ADDRESS: temporalAddress,
        SLUICE_DATA_DIR: dataDir,
        SLUICE_PORT: new URL(url).port,
        SLUICE_LOCAL: '1',
      },
    }),
  );
  await eventually(async () => (await fetch(`${url}/healthz`)).ok || undefined, 60_000);
  const restarted = performance.now();
  for (let at = 0; at < 20; at += 1) await call(`unit-${at}`);
  expect(since(restarted).filter(isUnanswered)).toEqual([]);
  expect(of(since(restarted), 'control')).toBe(20);
  failed = false;
}, 300_000);

async function startProcess(args: string[]): Promise<{ url: string; port: number; child: ChildProcess }> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(child);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { ...(JSON.parse(String(line).split('\n')[0] as string) as { url: string; port: number }), child };
}
