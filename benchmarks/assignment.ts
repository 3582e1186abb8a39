/**
 * Speed of local assignment: `node benchmarks/assignment.ts`. Decisions per second on one thread beside the GrowthBook SDK, in one process, round by
 * round in turn. The peers: their fastest way, their usual one, and a bare hash. Wall time suffers from other load on the
 * machine, whose average stands beside the numbers; per CPU second it does not. Target: 1,600,000/s, and above the SDK.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism, loadavg } from 'node:os';
import { GrowthBook, GrowthBookClient } from '@growthbook/growthbook';
import { hashUnit } from '../assignment/hash-unit.ts';
import { createAssigner } from '../client/create-assigner.ts';
import type { LeasedSplit } from '../schema/contracts/traffic.ts';

const decisions = Number(process.env.DECISIONS ?? 200_000);
const rounds = Number(process.env.ROUNDS ?? 7);
const targetPerSecond = 1_600_000;

const seed = 'rollout-1';
const ranges: [number, number][] = [
  [0, 0.5],
  [0.5, 0.8],
  [0.8, 1],
];
const split: LeasedSplit = {
  agent: 'support-bot',
  agentId: 'agt_benchmark',
  revision: 1,
  runId: 'run_benchmark',
  seed,
  hashVersion: 2,
  unit: 'session',
  variants: ranges.map((range, position) => ({ name: `v${position}`, version: position + 1, range })),
  fallback: 0,
  shadow: null,
  conditions: [],
  force: {},
  startedAtMs: null,
  sessions: 'kill',
  leaseMs: 3_600_000,
  maxAgeMs: 5_000,
};

// As an API that says one split and takes every exposure.
const server = createServer((request, response) => {
  request.resume();
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(request.method === 'GET' ? split : { accepted: 0, duplicates: 0, rejected: [] }));
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const options = { url, apiKey: 'sl_benchmark', agent: 'support-bot', stream: false, flushEveryMs: 600_000 };
const deciding = createAssigner({ ...options, record: false });
const recording = createAssigner({ ...options, queueLimit: decisions * (rounds + 2) });
await Promise.all([deciding.ready(), recording.ready()]);

const units = Array.from(
  { length: decisions },
  (_, index) => `session-${((index * 2_654_435_761) >>> 0).toString(36)}`,
);
const few = units.slice(0, 1_000);
const experiment = {
  key: 'split',
  variations: [0, 1, 2] as [number, number, number],
  hashVersion: 2 as const,
  seed,
  ranges,
};
const growthBookClient = new GrowthBookClient();
const growthBook = new GrowthBook({ attributes: { id: '' } });
let sink = 0;

const cases: Record<string, (round: number) => void> = {
  'Sluice: assign': () => {
    for (const unit of units) sink += deciding.assign(unit).agentVersion;
  },
  'Sluice: assign, exposures of units seen before': () => {
    for (let index = 0; index < decisions; index++) sink += recording.assign(few[index % 1_000] as string).agentVersion;
  },
  'Sluice: assign, every unit a new exposure': (round) => {
    for (const unit of units) sink += recording.assign(`${unit}-${round}`).agentVersion;
  },
  'GrowthBookClient.runInlineExperiment': () => {
    for (const id of units)
      sink += growthBookClient.runInlineExperiment(experiment, { attributes: { id } }).variationId;
  },
  'GrowthBook: setAttributes, run': () => {
    for (const id of units) {
      growthBook.setAttributes({ id });
      sink += growthBook.run(experiment).variationId;
    }
  },
  'bare hash': () => {
    for (const unit of units) sink += hashUnit({ seed, unit, version: 2 }) ?? 0;
  },
};

for (const unit of units.slice(0, 2_000)) {
  const theirs = growthBookClient.runInlineExperiment(experiment, { attributes: { id: unit } }).variationId;
  if (deciding.assign(unit).agentVersion !== theirs + 1) throw new Error(`${unit} gets another variation`);
}

const wall = new Map<string, number[]>();
const cpu = new Map<string, number[]>();
const load = loadavg()[0] ?? 0;
for (let round = 0; round <= rounds; round++) {
  for (const [name, run] of Object.entries(cases)) {
    const before = process.cpuUsage();
    const start = performance.now();
    run(round);
    const seconds = (performance.now() - start) / 1_000;
    const { user, system } = process.cpuUsage(before);
    // The first round warms up.
    if (round === 0) continue;
    wall.set(name, [...(wall.get(name) ?? []), decisions / seconds]);
    cpu.set(name, [...(cpu.get(name) ?? []), decisions / ((user + system) / 1e6)]);
  }
}

const numbers = (values: number[]): string => {
  const sorted = values.toSorted((a, b) => a - b);
  return [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)]
    .map((value) => `${Math.round((value as number) / 1_000)}k`.padStart(6))
    .join(' /');
};
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] as number;
console.log(
  `${decisions} decisions, ${rounds} rounds, ${availableParallelism()} cores, load ${load.toFixed(1)} before and ${loadavg()[0]?.toFixed(1)} after`,
);
console.log(`${'decisions/s: least / median / most'.padEnd(50)} ${'wall'.padEnd(24)} per CPU second`);
for (const name of Object.keys(cases)) {
  console.log(`${name.padEnd(50)} ${numbers(wall.get(name) ?? []).padEnd(24)} ${numbers(cpu.get(name) ?? [])}`);
}
const ours = median(wall.get('Sluice: assign') ?? []);
const theirs = median(wall.get('GrowthBookClient.runInlineExperiment') ?? []);
const met = ours >= targetPerSecond && ours > theirs;
console.log(
  `assign: ${Math.round(ours / 1_000)}k/s in the median, ${(ours / theirs).toFixed(1)} times the SDK's fastest; target ${targetPerSecond / 1_000}k/s: ${met ? 'met' : 'missed'}${sink > 0 ? '' : ' '}`,
);
server.closeAllConnections();
server.close();
process.exit(met ? 0 : 1);
