import { beforeAll, expect, test } from 'vitest';
import { runScenario, type Stack } from '../../benchmarks/scenarios/run-scenario.ts';
import { readScenarios, type Scenario } from '../../benchmarks/scenarios/scenario.ts';
import { type TestStack, useTestStack } from '../support/test-stack.ts';

let stack: TestStack;
let as: Stack;

beforeAll(async () => {
  stack = await useTestStack();
  as = { url: stack.url, apiKey: stack.keys.engineer, sluice: stack.sluice };
});

/** The scenario with room for the units that an unlucky draw needs: how many are promised is shown by the benchmark, over many runs. */
function patient(name: string, maxUnits: number): Scenario {
  const scenario = readScenarios().find((one) => one.name === name);
  if (!scenario) throw new Error(`there is no scenario ${name}`);
  return { ...scenario, traffic: { ...scenario.traffic, unitsPerLook: 200, maxUnits } };
}

test.each([
  ['twenty-points-worse', 'roll_back', 3_000],
  ['errors-from-one-to-five-percent', 'roll_back', 6_000],
  ['better-candidate-is-promoted', 'roll_forward', 8_000],
] as const)('%s: simulated units through the real API end in %s', async (name, action, maxUnits) => {
  const run = await runScenario(as, patient(name, maxUnits), 'ci');
  expect(run.result.action, JSON.stringify(run.result.reasons)).toBe(action);
  const [agent] = await stack.sluice.agents.list
    .query()
    .then((agents) => agents.filter((one) => one.name.includes(name)));
  expect(agent?.productionVersion).toBe(action === 'roll_forward' ? 2 : 1);
});
