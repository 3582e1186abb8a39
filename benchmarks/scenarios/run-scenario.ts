import { setTimeout as delay } from 'node:timers/promises';
import type { SluiceClient } from '../../client/create-client.ts';
import type { RunResult } from '../../schema/contracts/result.ts';
import type { RolloutSpec } from '../../schema/contracts/rollout.ts';
import { isFinal } from '../../schema/contracts/words.ts';
import { createGenerator, type Generator } from '../../statistics/generator.ts';
import type { Scenario } from './scenario.ts';

export interface ScenarioRun {
  seed: string;
  result: RunResult;
  /** Sent until the rollout was over, or the scenario was. */
  units: number;
  candidateUnits: number;
}

export interface Stack {
  url: string;
  apiKey: string;
  sluice: SluiceClient;
}

/**
 * One rollout of a scenario through the real API: units are assigned by `/v1/assignments`, their values sent to `/v1/outcomes`, and the
 * next ones come when a look has seen them all. The seed fixes the units and their values.
 */
export async function runScenario(stack: Stack, scenario: Scenario, seed: string): Promise<ScenarioRun> {
  const { sluice } = stack;
  const agent = `scenario-${scenario.name}-${seed}`.replace(/[^\w-]/g, '-');
  for (const revision of ['control', 'candidate']) {
    await sluice.agents.push.mutate({ agent, config: { adapter: 'function', function: 'scenario', revision } });
  }
  const spec = { kind: 'rollout', name: agent, agent, candidate: 2, ...scenario.spec } as unknown as RolloutSpec;
  const { id } = await sluice.runs.start.mutate({ spec });
  const generator = createGenerator(`${scenario.name} ${seed}`);
  let units = 0;
  let candidateUnits = 0;
  let result = await untilTraffic(sluice, id);
  while (!isFinal(result.status) && units < scenario.traffic.maxUnits) {
    const count = scenario.traffic.unitsPerLook;
    const names = Array.from({ length: count }, (_, index) => `${seed}-${units + index}`);
    const { assignments } = (await post(stack, '/v1/assignments', { agent, units: names })) as {
      assignments: { unit: string; variant: string }[];
    };
    const at = Date.now();
    candidateUnits += assignments.filter(({ variant }) => variant !== 'control').length;
    const outcomes = assignments.flatMap(({ unit, variant }, index) =>
      Object.entries(scenario.traffic.metrics).map(([metric, model]) => {
        const value = draw(generator, model, variant, units + index);
        return { agent, unit, metric, identifier: 'value', value, at };
      }),
    );
    await post(stack, '/v1/outcomes', { outcomes });
    units += count;
    result = await untilSeen(sluice, id, result);
  }
  if (!isFinal(result.status)) await sluice.runs.abort.mutate({ id });
  return { seed, result, units, candidateUnits };
}

function draw(
  generator: Generator,
  model: Scenario['traffic']['metrics'][string],
  variant: string,
  unit: number,
): 0 | 1 {
  const drifted = model.drift ? (model.drift.to - model.control) * Math.min(1, unit / model.drift.over) : 0;
  return generator.next() < (variant === 'control' ? model.control : model.candidate) + drifted ? 1 : 0;
}

async function post({ url, apiKey }: Stack, path: string, body: unknown): Promise<unknown> {
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

async function untilTraffic(sluice: SluiceClient, id: string): Promise<RunResult> {
  for (;;) {
    const result = await sluice.runs.get.query({ id });
    if ((result.stage ?? 0) > 0 || isFinal(result.status)) return result;
    await delay(20);
  }
}

/** Waits for a look that saw more than the one before, or took a step. */
async function untilSeen(sluice: SluiceClient, id: string, before: RunResult): Promise<RunResult> {
  const seen = (result: RunResult) =>
    (result.guardrails ?? []).reduce((sum, { n }) => sum + n.candidate + n.control, 0) +
    1e9 * (result.decisions?.length ?? 0);
  const deadline = Date.now() + 10_000;
  for (;;) {
    const result = await sluice.runs.get.query({ id });
    if (isFinal(result.status) || seen(result) !== seen(before) || Date.now() > deadline) return result;
    await delay(20);
  }
}

/** Whether a run did what the scenario expects. */
export function meetsExpectation({ expect }: Scenario, run: ScenarioRun): boolean {
  return (
    run.result.action === expect.action &&
    run.units <= (expect.units ?? Number.POSITIVE_INFINITY) &&
    run.candidateUnits <= (expect.candidateUnits ?? Number.POSITIVE_INFINITY)
  );
}
