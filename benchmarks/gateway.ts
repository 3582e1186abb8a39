/**
 * What the gateway adds to a call of a model, beside a bare pass-through and Portkey, in turn in one run, with the load average beside each
 * line: `npx node benchmarks/gateway.ts`. Ours is a real `sluice up` with a canary at a half, five calls to a unit, so that each call is assigned and
 * recorded, and each fifth is an exposure; CPU is that of the API process alone, and of its gateway's peer alone.
 *
 * PORTKEY=…/@portkey-ai/gateway/build/start-server.js (1.15.2 with @hono/node-server 1.3.3: later ones answer 500 to every stream;
 * left out if unset), ROUNDS=3, N=3000 calls, C=50 in flight, STREAMS=400, GAP=20 ms between the pieces of a stream, ONLY=sluice,direct,
 * MODES=m0,stream, PROFILE=1 (a CPU profile of the API in the folder it prints).
 *
 * Targets: at least 1,350 calls/s per process (0 ms agent, 50 in flight), at most 0.6 CPU ms per call (stretch 0.25); with one call in flight at
 * most 1 ms p50 and 5 ms p99 more than direct; at most 2 ms more to the first token.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Fastify from 'fastify';
import { Pool } from 'undici';
import { createClient } from '../client/create-client.ts';
import { readConnectionFile } from '../config/connection-file.ts';
import { cpuSeconds, residentMb } from './processes.ts';

const { env } = process;
const rounds = Number(env.ROUNDS ?? 3);
const calls = Number(env.N ?? 3_000);
const inFlight = Number(env.C ?? 50);
const streams = Number(env.STREAMS ?? 400);
const gapMs = Number(env.GAP ?? 20);
const callsPerUnit = 5;
const text = 'The quick brown fox jumps over the lazy dog. '.repeat(16).trim();
const role = process.argv[2];
let sent = 0;

if (role === 'agent') await serveAgent();
else if (role === 'bare') await serveBare(process.argv[3] as string);
else await measure();

/** A model: the number in its name is its delay in ms. */
async function serveAgent(): Promise<void> {
  let id = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const asked = JSON.parse(body || '{}');
      id += 1;
      const base = { id: `chatcmpl-${id}`, created: 1_700_000_000, model: asked.model };
      const answer = () => {
        if (!asked.stream) {
          const message = { role: 'assistant', content: text };
          const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }];
          const usage = { prompt_tokens: 40, completion_tokens: 160, total_tokens: 200 };
          const sent = JSON.stringify({ ...base, object: 'chat.completion', choices, usage });
          response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sent) });
          response.end(sent);
          return;
        }
        response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
        let piece = 0;
        const next = () => {
          const delta = piece === 0 ? { role: 'assistant', content: 'word0 ' } : { content: `word${piece} ` };
          const choices = [{ index: 0, delta, finish_reason: piece === 19 ? 'stop' : null }];
          response.write(`data: ${JSON.stringify({ ...base, object: 'chat.completion.chunk', choices })}\n\n`);
          piece += 1;
          if (piece < 20) setTimeout(next, gapMs);
          else response.end('data: [DONE]\n\n');
        };
        next();
      };
      const ms = Number(/\d+/.exec(String(asked.model))?.[0] ?? 0);
      if (ms > 0) setTimeout(answer, ms);
      else answer();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  say(server.address());
}

/** The least that a gateway of Fastify and undici costs. */
async function serveBare(origin: string): Promise<void> {
  const pool = new Pool(origin, { connections: 128 });
  const app = Fastify();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.post('/v1/*', async (request, reply) => {
    const type = request.headers['content-type'] ?? '';
    const answer = await pool.request({
      path: request.url,
      method: 'POST',
      body: request.body as Buffer,
      headers: { 'content-type': type },
    });
    reply.code(answer.statusCode).header('content-type', answer.headers['content-type']);
    return reply.send(answer.body);
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  say(app.server.address());
}

function say(address: unknown): void {
  console.log(`port=${(address as { port: number }).port}`);
}

interface Target {
  name: string;
  pool: Pool;
  pid: number | null;
  headers: Record<string, string>;
  /** The `model` that a caller names for a delay of the agent. */
  model(delayMs: number): string;
}

interface Line {
  target: string;
  mode: string;
  failed: number;
  callsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  firstTokenP50Ms: number;
  firstTokenP99Ms: number;
  cpuMs: number;
  rssMb: number;
  load: number;
}

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-gateway-'));
  const children: ChildProcess[] = [];
  const startChild = async (args: string[]) => {
    const child = spawn(process.execPath, [import.meta.filename, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    return { pid: child.pid as number, origin: `http://127.0.0.1:${/port=(\d+)/.exec(String(line))?.[1]}` };
  };
  const dataDir = join(folder, 'data');
  const launcher = fileURLToPath(new URL('../bin/sluice.js', import.meta.url));
  const profile = env.PROFILE ? { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${folder}/profiles` } : {};
  const up = spawn(process.execPath, [launcher, 'up', '--port', '0', '--workers', '1', '--data-dir', dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...env, ...profile },
  });
  try {
    const agent = await startChild(['agent']);
    const bare = await startChild(['bare', agent.origin]);
    await new Promise<void>((resolve, reject) => {
      up.once('exit', (code) => reject(new Error(`sluice up ended with ${code}`)));
      up.stdout.on('data', (chunk) => String(chunk).includes('Sluice is ready') && resolve());
    });
    const connection = readConnectionFile(dataDir);
    if (!connection) throw new Error('no connection file');
    await startRollouts(connection, `${agent.origin}/v1`);
    const named = (delayMs: number) => `m${delayMs}`;
    const open = (origin: string) => new Pool(origin, { connections: inFlight });
    const targets: Target[] = [
      { name: 'direct', pool: open(agent.origin), pid: null, headers: {}, model: named },
      { name: 'bare', pool: open(bare.origin), pid: bare.pid, headers: {}, model: named },
      {
        name: 'sluice',
        pool: open(connection.url),
        pid: connection.pids.api as number,
        headers: { authorization: `Bearer ${connection.apiKey}` },
        model: (delayMs) => `bot-${delayMs}`,
      },
    ];
    if (env.PORTKEY) targets.push(await startPortkey(env.PORTKEY, agent.origin, children, open));
    await compare(targets.filter(({ name }) => env.ONLY === undefined || env.ONLY.split(',').includes(name)));
    for (const { pool } of targets) await pool.close();
  } finally {
    for (const child of children) child.kill();
    up.kill('SIGTERM');
    await once(up, 'exit');
    if (env.PROFILE) console.log(`profiles: ${folder}/profiles`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

/** A canary at a half of two agents, with delays of 0 and 20 ms. */
async function startRollouts(connection: { url: string; apiKey: string }, baseUrl: string): Promise<void> {
  const sluice = createClient(connection);
  for (const delayMs of [0, 20]) {
    const agent = `bot-${delayMs}`;
    for (const revision of ['one', 'two']) {
      const config = { adapter: 'openai' as const, baseUrl, model: `m${delayMs}`, revision };
      await sluice.agents.push.mutate({ agent, config });
    }
    const metrics = [{ metric: 'errorRate', guardrail: true }];
    const spec = {
      kind: 'rollout' as const,
      name: agent,
      agent,
      candidate: 2,
      stages: [{ traffic: 0.5, minDuration: '1d', minSamples: 200 }],
      metrics,
      approvals: { promote: 0 },
    };
    const { id } = await sluice.runs.start.mutate({ spec });
    for (;;) {
      const { stage, share } = await sluice.runs.get.query({ id });
      if (stage === 1 && share === 0.5) break;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

async function startPortkey(
  script: string,
  agentOrigin: string,
  children: ChildProcess[],
  open: (origin: string) => Pool,
): Promise<Target> {
  const port = 20_000 + (process.pid % 20_000);
  const child = spawn(process.execPath, [script, `--port=${port}`, '--headless'], {
    stdio: 'ignore',
    env: { ...env, NODE_ENV: 'production' },
  });
  children.push(child);
  const headers = {
    authorization: 'Bearer x',
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': `${agentOrigin}/v1`,
  };
  const pool = open(`http://127.0.0.1:${port}`);
  return { name: 'portkey', pool, pid: child.pid as number, headers, model: (delayMs) => `m${delayMs}` };
}

async function compare(targets: Target[]): Promise<void> {
  for (const target of targets) {
    for (let tries = 0; ; tries += 1) {
      const ok = await callOnce(target, 0, false, 0)
        .then((one) => one.ok)
        .catch(() => false);
      if (ok) break;
      if (tries > 100) throw new Error(`${target.name} does not answer`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await run(target, { name: 'warm', delayMs: 0, isStream: false, count: Math.ceil(calls / 3), inFlight });
    await run(target, { name: 'warm', delayMs: 20, isStream: true, count: inFlight, inFlight });
  }
  const modes = [
    { name: 'm0', delayMs: 0, isStream: false, count: calls, inFlight },
    { name: 'm20', delayMs: 20, isStream: false, count: calls, inFlight },
    { name: 'one', delayMs: 0, isStream: false, count: Math.ceil(calls / 6), inFlight: 1 },
    { name: 'stream', delayMs: 20, isStream: true, count: streams, inFlight },
    { name: 'stream-light', delayMs: 20, isStream: true, count: Math.ceil(streams / 5), inFlight: 4 },
  ].filter(({ name }) => env.MODES === undefined || env.MODES.split(',').includes(name));
  const lines: Line[] = [];
  console.log(
    'mode          target     calls/s   p50 ms   p99 ms   first token p50, p99 ms   CPU ms/call   RSS MB   failed   load',
  );
  for (let round = 0; round < rounds; round += 1) {
    for (const mode of modes) {
      for (let turn = 0; turn < targets.length; turn += 1) {
        const line = await run(targets[(turn + round) % targets.length] as Target, mode);
        lines.push(line);
        print(line);
      }
    }
  }
  console.log('\nmedians of the rounds; beside them what is more than direct');
  for (const mode of modes) {
    const direct = medianOf(lines, mode.name, 'direct');
    for (const { name } of targets) {
      const line = medianOf(lines, mode.name, name);
      print(line);
      if (!direct || name === 'direct') continue;
      const token = mode.isStream ? `; first token +${(line.firstTokenP50Ms - direct.firstTokenP50Ms).toFixed(2)}` : '';
      console.log(
        `${' '.repeat(24)} +${(line.p50Ms - direct.p50Ms).toFixed(2)} p50, +${(line.p99Ms - direct.p99Ms).toFixed(2)} p99${token}`,
      );
    }
  }
}

interface Mode {
  name: string;
  delayMs: number;
  isStream: boolean;
  count: number;
  inFlight: number;
}

async function callOnce(target: Target, delayMs: number, isStream: boolean, at: number) {
  const startedAt = performance.now();
  sent += 1;
  const { statusCode, body } = await target.pool.request({
    path: '/v1/chat/completions',
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-sluice-unit': `unit-${process.pid}-${Math.floor(sent / callsPerUnit)}`,
      ...target.headers,
    },
    body: JSON.stringify({
      model: target.model(delayMs),
      ...(isStream ? { stream: true } : {}),
      messages: [
        { role: 'system', content: 'You are a helpful assistant. Answer briefly.' },
        { role: 'user', content: `Question ${at}: what does the fox do?` },
      ],
    }),
  });
  let read = '';
  let firstTokenMs = 0;
  for await (const chunk of body) {
    read += chunk;
    if (firstTokenMs === 0 && read.includes('word0')) firstTokenMs = performance.now() - startedAt;
  }
  const isWhole = isStream ? read.includes('word19') && read.includes('[DONE]') : read.includes(text);
  return { ok: statusCode === 200 && isWhole, ms: performance.now() - startedAt, firstTokenMs };
}

async function run(target: Target, mode: Mode): Promise<Line> {
  const latencies: number[] = [];
  const firstTokens: number[] = [];
  let at = 0;
  let failed = 0;
  const cpu = target.pid === null ? 0 : cpuSeconds(target.pid);
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: mode.inFlight }, async () => {
      while (at < mode.count) {
        at += 1;
        const one = await callOnce(target, mode.delayMs, mode.isStream, at).catch(() => null);
        if (!one?.ok) failed += 1;
        else {
          latencies.push(one.ms);
          firstTokens.push(one.firstTokenMs);
        }
      }
    }),
  );
  const wallMs = performance.now() - startedAt;
  // What is written behind the answers belongs to them.
  if (target.name === 'sluice') await new Promise((resolve) => setTimeout(resolve, 400));
  const cpuMs = target.pid === null ? 0 : ((cpuSeconds(target.pid) - cpu) * 1_000) / mode.count;
  return {
    target: target.name,
    mode: mode.name,
    failed,
    callsPerSecond: (mode.count / wallMs) * 1_000,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    firstTokenP50Ms: quantile(firstTokens, 0.5),
    firstTokenP99Ms: quantile(firstTokens, 0.99),
    cpuMs,
    rssMb: target.pid === null ? 0 : residentMb(target.pid),
    load: loadavg()[0] ?? 0,
  };
}

function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function medianOf(lines: Line[], mode: string, target: string): Line {
  const own = lines.filter((line) => line.mode === mode && line.target === target);
  const median = (key: keyof Line) =>
    quantile(
      own.map((line) => Number(line[key])),
      0.5,
    );
  return {
    target,
    mode,
    failed: own.reduce((sum, { failed }) => sum + failed, 0),
    callsPerSecond: median('callsPerSecond'),
    p50Ms: median('p50Ms'),
    p99Ms: median('p99Ms'),
    firstTokenP50Ms: median('firstTokenP50Ms'),
    firstTokenP99Ms: median('firstTokenP99Ms'),
    cpuMs: median('cpuMs'),
    rssMb: median('rssMb'),
    load: median('load'),
  };
}

function print(line: Line): void {
  const cell = (value: number, digits: number, width: number) => value.toFixed(digits).padStart(width);
  const isStream = line.mode.startsWith('stream');
  console.log(
    `${line.mode.padEnd(13)} ${line.target.padEnd(8)} ${cell(line.callsPerSecond, 0, 9)} ${cell(line.p50Ms, 2, 8)} ${cell(line.p99Ms, 1, 8)}` +
      `   ${isStream ? `${cell(line.firstTokenP50Ms, 2, 8)} ${cell(line.firstTokenP99Ms, 1, 8)}` : ' '.repeat(17)}` +
      `       ${cell(line.cpuMs, 3, 9)} ${cell(line.rssMb, 0, 8)} ${String(line.failed).padStart(8)}   ${line.load.toFixed(1)}`,
  );
}
