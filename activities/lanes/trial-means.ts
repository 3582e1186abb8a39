import { isLaneEvaluator } from '../../schema/contracts/evaluator.ts';
import type { Plan } from '../../schema/contracts/plan.ts';
import { findProjectId } from '../../store/datasets/find-project-id.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { TrialMeans } from './run-trial.ts';

/** What a trial of each variant needs: its agent, limits and the plan's evaluators. */
export async function trialMeans(
  dependencies: ActivityDependencies,
  { plan, ...rest }: { plan: Plan } & Pick<TrialMeans, 'signal' | 'cut' | 'countRetriedCall'>,
): Promise<Map<string, TrialMeans>> {
  const functions = await dependencies.loadFunctions();
  const evaluators = plan.evaluators
    .filter(({ config }) => isLaneEvaluator(config))
    .map((planned) => ({
      versionId: planned.versionId,
      evaluator: dependencies.evaluatorFor(planned.config, functions),
    }));
  const media = dependencies.media.of(await findProjectId(dependencies.db, plan.dataset.versionId));
  return new Map(
    plan.variants.map(({ name, config }) => {
      const agent = dependencies.agentFor(config, functions);
      const limiter = dependencies.limiterFor(agent, config);
      return [name, { agent, limiter, evaluators, retries: plan.retries, media, ...rest }];
    }),
  );
}
