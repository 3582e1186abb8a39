import type { Activities } from '../../activities/index.ts';

/** What the workflow of an experiment calls. */
export type ExperimentActivities = Pick<
  Activities,
  'planExperiment' | 'runShard' | 'readIntent' | 'confirmMustPass' | 'judge' | 'settleApproval' | 'failRun'
>;

/**
 * Activities of a workflow under test: a plan of `shards` shards, each finished at once, and a verdict. What a test is
 * about it puts in their place.
 */
export function stubActivities(
  options: { shards: number; places?: number } & Partial<ExperimentActivities>,
): ExperimentActivities {
  const { shards, places = 2, ...replaced } = options;
  const left = new Set(Array.from({ length: shards }, (_, shard) => shard));
  return {
    planExperiment: async () => ({ shards: [...left], lanes: Array.from({ length: places }, () => 8) }),
    runShard: async ({ shard }) => {
      left.delete(shard);
      return { outcome: 'finished' };
    },
    readIntent: async () => ({ intent: 'run', status: 'running' }),
    confirmMustPass: async () => ({ outcome: 'finished' }),
    judge: async () => ({ decisionId: 'dec_1', verdict: 'pass', action: 'roll_forward', evidenceHash: 'hash' }),
    settleApproval: async () => ({ waitMs: null }),
    failRun: async () => {},
    ...replaced,
  };
}
