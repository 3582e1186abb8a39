import type { SluiceClient } from '../../client/create-client.ts';
import type { RunResult } from '../../schema/contracts/result.ts';
import type { ExperimentSpec } from '../../schema/contracts/spec.ts';
import type { Role } from '../../schema/contracts/words.ts';
import { experimentSpec, solver } from './experiment-spec.ts';
import { untilRun } from './follow-run.ts';
import type { TestStack } from './test-stack.ts';

/** Starts an experiment over `numbers` whose candidate is better and that asks for approval; resolves when it asks. */
export async function awaitingRun(sluice: SluiceClient, more: Partial<ExperimentSpec> = {}): Promise<RunResult> {
  const { id } = await sluice.runs.start.mutate({ spec: askingSpec(more) });
  return untilRun(sluice, id, (run) => run.status === 'awaiting_approval');
}

/** The spec of such a run. */
export function askingSpec(more: Partial<ExperimentSpec> = {}): ExperimentSpec {
  return experimentSpec({
    variants: { control: solver(5), candidate: solver(10) },
    approvals: { promote: 1 },
    ...more,
  });
}

/** A client of a person with a key of their own, made now; a service where the name says so. */
export async function clientOf(stack: TestStack, owner: string, role: Role = 'approver'): Promise<SluiceClient> {
  const who = owner.startsWith('service:') ? { service: owner.slice(8) } : { person: owner };
  const { apiKey } = await stack.as('admin').keys.create.mutate({ ...who, role });
  return stack.as(apiKey as `sl_${string}`);
}

/** What an approver signs: the evidence that the run's request names. */
export function evidenceOf(run: RunResult): { id: string; evidenceHash: string } {
  return { id: run.id, evidenceHash: run.approval?.evidenceHash ?? '' };
}
