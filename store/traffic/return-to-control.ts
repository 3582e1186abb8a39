import type { Store } from '../open-database.ts';
import { findSplit } from './find-split.ts';
import { setTraffic } from './set-traffic.ts';

/**
 * All units of an agent get one version from here on; nothing is drawn. Does nothing when that is so already.
 * @param input.sessions What becomes of the candidate's sessions. @default what the rollout says
 */
export async function returnToControl(
  trx: Store,
  input: { projectId: string; agentId: string; agent: string; version: number; sessions?: 'kill' },
): Promise<void> {
  const now = await findSplit(trx, input.agentId);
  if (now !== null && now.seed === null && now.variants[0]?.version === input.version) return;
  await setTraffic(trx, {
    projectId: input.projectId,
    stage: null,
    stratum: null,
    split: {
      agent: input.agent,
      agentId: input.agentId,
      runId: null,
      seed: null,
      hashVersion: 2,
      unit: now?.unit ?? 'session',
      variants: [{ name: 'control', version: input.version, range: [0, 1] }],
      fallback: 0,
      shadow: null,
      conditions: [],
      force: {},
      startedAtMs: null,
      sessions: input.sessions ?? now?.sessions ?? 'kill',
    },
  });
}
