import { sql } from 'kysely';
import { stageRanges } from '../../assignment/stage-ranges.ts';
import type { AgentConfig } from '../../schema/contracts/agent.ts';
import type { TrafficSplit } from '../../schema/contracts/traffic.ts';
import { newId } from '../../schema/ids.ts';
import { pushAgentVersion } from '../../store/agents/push-agent-version.ts';
import type { Store } from '../../store/open-database.ts';
import { insertRolloutState } from '../../store/rollouts/insert-rollout-state.ts';
import { openStratum } from '../../store/rollouts/open-stratum.ts';
import { insertRun } from '../../store/runs/insert-run.ts';
import { setTraffic } from '../../store/traffic/set-traffic.ts';

export interface PlacedRollout {
  agentId: string;
  runId: string;
  /** Moves the traffic; both variants get theirs by the hash. @returns the revision */
  split(share: number, more?: Partial<TrafficSplit>): Promise<number>;
  /** What a workflow does at every look: the lease lasts this long from now on. */
  lease(ms: number): Promise<void>;
}

/** A rollout of `support-bot` (versions 1 and 2) at a share of one half, without a workflow: the test says when its lease is renewed. */
export async function placeRollout(
  db: Store,
  configs: readonly [AgentConfig, AgentConfig] = [
    { adapter: 'function', function: 'solve', revision: 'one' },
    { adapter: 'function', function: 'solve', revision: 'two' },
  ],
): Promise<PlacedRollout> {
  const projectId = 'prj_default';
  for (const config of configs) {
    await pushAgentVersion(db, { projectId, name: 'support-bot', config, createdBy: 'person:test' });
  }
  const { id: agentId } = await db.selectFrom('agent').select('id').executeTakeFirstOrThrow();
  const runId = newId('run');
  await insertRun(db, {
    id: runId,
    projectId,
    kind: 'rollout',
    name: 'support-bot-v2',
    spec: {} as never,
    specHash: '',
    plan: { rerandomize: 'never', metrics: [], evaluators: [] } as never,
    planHash: '',
    idempotencyKey: null,
    requestedBy: 'person:test',
  });
  await insertRolloutState(db, { runId, agentId });
  const seed = 'a-seed';
  const split = async (share: number, more: Partial<TrafficSplit> = {}) => {
    const ranges = stageRanges({ strategy: 'canary', candidates: 1, share });
    const stratum = await openStratum(db, { runId, stage: 0, seed, shares: {}, anchors: {} });
    return setTraffic(db, {
      projectId,
      stage: 0,
      stratum,
      split: {
        agent: 'support-bot',
        agentId,
        runId,
        seed,
        hashVersion: 2,
        unit: 'session',
        variants: [
          { name: 'control', version: 1, range: [...ranges.control] as [number, number] },
          { name: 'candidate', version: 2, range: [...(ranges.candidates[0] ?? [0, 0])] as [number, number] },
        ],
        fallback: 0,
        shadow: null,
        conditions: [],
        force: { tester: 'candidate' },
        startedAtMs: null,
        sessions: 'kill',
        ...more,
      },
    });
  };
  await split(0.5);
  return {
    agentId,
    runId,
    split,
    lease: async (ms) => {
      await sql`update traffic set lease_until = clock_timestamp() + make_interval(secs => ${ms / 1000})`.execute(db);
      await sql`select pg_notify('sluice_traffic', ${agentId})`.execute(db);
    },
  };
}
