import type { z } from 'zod';
import type { ExposuresAnswer, exposuresRequestSchema } from '../../schema/contracts/traffic.ts';
import { SluiceError } from '../../schema/errors.ts';
import type { Store } from '../../store/open-database.ts';
import { insertExposures, type NewExposure } from '../../store/traffic/insert-exposures.ts';
import { checkExposure } from './check-exposure.ts';
import type { DataPlane } from './create-data-plane.ts';
import type { LiveAgent } from './live-agent.ts';
import type { PastSplit } from './live-state.ts';

type Request = z.output<typeof exposuresRequestSchema>;

/**
 * Stores exposures that clients assigned by themselves. Each must follow from the split of its revision; one that does not is rejected
 * with its reason. A unit that is known already is a duplicate.
 */
export async function takeExposures(
  { db, dataPlane }: { db: Store; dataPlane: DataPlane },
  input: { projectId: string; request: Request },
): Promise<ExposuresAnswer> {
  const { request, projectId } = input;
  const { live } = dataPlane;
  const names = new Set([...request.exposures, ...(request.dropped ?? [])].map(({ agent }) => agent));
  const agents = new Map<string, LiveAgent>();
  for (const agent of names) {
    const found = await live.agentOf({ projectId, agent }).catch(unlessUnknown);
    if (found) agents.set(agent, found);
  }
  const past = new Map<string, Map<number, PastSplit>>();
  for (const [agent, { agentId }] of agents) {
    const revisions = [...request.exposures, ...(request.dropped ?? [])].filter((one) => one.agent === agent);
    past.set(
      agent,
      await live.revisionsOf(
        agentId,
        revisions.map(({ revision }) => revision),
      ),
    );
  }
  const rejected: ExposuresAnswer['rejected'] = [];
  const valid = new Map<string, NewExposure[]>();
  for (const [index, exposure] of request.exposures.entries()) {
    const agent = agents.get(exposure.agent);
    const checked = agent
      ? checkExposure(past.get(exposure.agent)?.get(exposure.revision), exposure)
      : { reason: `there is no agent "${exposure.agent}"` };
    if ('reason' in checked || agent === undefined) {
      rejected.push({ index, reason: 'reason' in checked ? checked.reason : '' });
      continue;
    }
    const { unit, variant, revision } = exposure;
    const some = valid.get(agent.agentId) ?? [];
    some.push({ unit, variant, revision, at: new Date(checked.atMs) });
    valid.set(agent.agentId, some);
  }
  let accepted = 0;
  for (const [agentId, exposures] of valid) accepted += await insertExposures(db, { agentId, exposures });
  for (const { agent, revision, count } of request.dropped ?? []) {
    const runId = past.get(agent)?.get(revision)?.split.runId;
    if (runId) dataPlane.exposures.drop(runId, count);
  }
  const all = request.exposures.length;
  return { accepted, duplicates: all - rejected.length - accepted, rejected };
}

function unlessUnknown(error: unknown): null {
  if (error instanceof SluiceError && error.code === 'not_found') return null;
  throw error;
}
