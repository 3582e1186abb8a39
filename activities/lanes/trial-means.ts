import { isLaneEvaluator } from '../../schema/contracts/evaluator.ts';
import type { Plan } from '../../schema/contracts/plan.ts';
import { findProjectId } from '../../store/datasets/find-project-id.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { judgeCaller } from '../scoring/judge-caller.ts';
import type { TrialMeans } from './run-trial.ts';

/**
 * What a trial of each variant needs: its agent, limits and the plan's evaluators.
 * @param input.judges `lane`: those that cost nothing to ask, the others score after the trials; `all`: all of them.
 */
export async function trialMeans(
  dependencies: ActivityDependencies,
  {
    plan,
    judges = 'lane',
    ...rest
  }: { plan: Plan; judges?: 'lane' | 'all' } & Pick<TrialMeans, 'signal' | 'cut' | 'countRetriedCall'>,
): Promise<Map<string, TrialMeans>> {
  const functions = await dependencies.loadFunctions();
  const media = dependencies.media.of(await findProjectId(dependencies.db, plan.dataset.versionId));
  const callAgent = judgeCaller(dependencies, { functions, media, ...rest });
  const evaluators = plan.evaluators
    .filter(({ config }) => judges === 'all' || isLaneEvaluator(config))
    .map(({ versionId, config }) => {
      const caller = isLaneEvaluator(config) ? undefined : callAgent;
      return { versionId, evaluator: dependencies.evaluatorFor(config, functions, caller) };
    });
  return new Map(
    plan.variants.map(({ name, config }) => {
      const agent = dependencies.agentFor(config, functions);
      const limiter = dependencies.limiterFor(agent, config);
      return [name, { agent, limiter, evaluators, retries: plan.retries, media, ...rest }];
    }),
  );
}
