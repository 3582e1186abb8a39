/**
 * Rollouts of `scenarios/*.yaml` against a running stack, many of each: `node benchmarks/scenarios.ts [--runs 100] [--only NAME] [--data-dir DIR]`.
 * Prints seeds of runs that did not do what is expected, and the share that did.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { createClient } from '../client/create-client.ts';
import { readConnectionFile } from '../config/connection-file.ts';
import { meetsExpectation, runScenario, type ScenarioRun } from './scenarios/run-scenario.ts';
import { readScenarios } from './scenarios/scenario.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20' },
    only: { type: 'string' },
    'data-dir': { type: 'string', default: '.sluice' },
    atOnce: { type: 'string', default: '8' },
  },
});
const connection = readConnectionFile(values['data-dir']);
if (!connection) throw new Error('no stack is running: npm start');
const stack = { ...connection, sluice: createClient(connection) };
const session = Date.now().toString(36);

for (const scenario of readScenarios()) {
  if (values.only !== undefined && scenario.name !== values.only) continue;
  const startedAt = performance.now();
  const left = Array.from({ length: Number(values.runs) }, (_, run) => `${session}-${run}`);
  const done: ScenarioRun[] = [];
  const lane = async () => {
    for (let seed = left.shift(); seed !== undefined; seed = left.shift())
      done.push(await runScenario(stack, scenario, seed));
  };
  await Promise.all(Array.from({ length: Number(values.atOnce) }, lane));
  const met = done.filter((run) => meetsExpectation(scenario, run));
  const { atLeast, atMost, action } = scenario.expect;
  const share = met.length / done.length;
  const isGood = share >= (atLeast ?? 0) && share <= (atMost ?? 1);
  const units = met.map((run) => run.units).sort((a, b) => a - b);
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
  console.log(
    `${isGood ? 'ok  ' : 'MISS'} ${scenario.name}: ${action} in ${met.length} of ${done.length} (expected ${atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`}); units p50 ${units[Math.floor(units.length / 2)] ?? '-'}, p90 ${units[Math.floor(units.length * 0.9)] ?? '-'}; ${seconds} s, load ${loadavg()[0]?.toFixed(1)}`,
  );
  const others = done.filter((run) => (atMost === undefined ? !met.includes(run) : met.includes(run)));
  for (const run of others)
    console.log(`     seed ${run.seed}: ${run.result.action ?? run.result.status} after ${run.units} units`);
}
