import type { CallAgent } from '../../evaluators/evaluator-dependencies.ts';
import type { FunctionRegistry } from '../../schema/contracts/call.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { callAgent } from '../lanes/call-agent.ts';
import type { ProjectMedia } from '../media/media-library.ts';

/** Further calls of a judge after a failure that may pass. */
const retries = 2;

/** How judges call models and endpoints: through their adapter, its limits, retries and prices, as agents are called. */
export function judgeCaller(
  dependencies: Pick<ActivityDependencies, 'agentFor' | 'limiterFor'>,
  options: {
    functions: FunctionRegistry;
    media: ProjectMedia;
    /** Ends the waiting between attempts; the call itself is let finish. */
    signal: AbortSignal;
    /** Ends the call itself: the worker must go. */
    cut?: AbortSignal;
  },
): CallAgent {
  const { functions, media, signal, cut } = options;
  return async (config, { signal: own, ...call }) => {
    const agent = dependencies.agentFor(config, functions);
    const limiter = dependencies.limiterFor(agent, config);
    const cuts = [cut, own].filter((one) => one !== undefined);
    const { answer } = await callAgent(() => call, {
      agent,
      limiter,
      retries,
      signal,
      ...(cuts.length === 0 ? {} : { cut: AbortSignal.any(cuts) }),
      // Calls of judges are no calls of the agents under test, and are not counted among these.
      countRetriedCall: async () => {},
      media,
    });
    return answer;
  };
}
