import type { ActivityDependencies } from '../activities/dependencies.ts';
import { EndpointLimiter } from '../activities/limits/endpoint-limiter.ts';
import { createAgent } from '../agents/create-agent.ts';
import { ShotLibrary } from '../agents/shot-library.ts';
import { createEvaluator } from '../evaluators/create-evaluator.ts';
import type { Agent, Evaluator, FunctionRegistry } from '../schema/contracts/call.ts';
import { loadShots } from '../store/datasets/load-shots.ts';
import type { Store } from '../store/open-database.ts';
import type { WorkerConfig } from './worker-config.ts';

/** Most adapters kept; the one asked for least recently makes room. */
const maxOpen = 100;
/** An adapter that made room may still have calls of a running shard: it is closed after they must have ended. */
const closeAfterMs = 2 * 3_600_000;

/**
 * Agents, evaluators and limiters of this worker, made once per configuration: connections stay open from shard to
 * shard, and one limiter sees all calls to an endpoint.
 */
export function createAdapters(
  options: { db: Store; identity: string } & WorkerConfig,
): Pick<ActivityDependencies, 'agentFor' | 'evaluatorFor' | 'limiterFor'> & { close(): Promise<void> } {
  const agents = new Map<string, { agent: Agent; functions: FunctionRegistry }>();
  const evaluators = new Map<string, { evaluator: Evaluator; functions: FunctionRegistry }>();
  const limiters = new Map<string, EndpointLimiter>();
  const shots = new ShotLibrary(({ versionId = '', ...rule }) => loadShots(options.db, { ...rule, versionId }));

  return {
    agentFor(config, functions) {
      const key = JSON.stringify(config);
      const open = agents.get(key);
      agents.delete(key);
      const agent =
        open?.functions === functions
          ? open.agent
          : createAgent(config, {
              functions,
              resolveSecret: options.resolveSecret,
              allowedNetworks: options.allowedNetworks,
              allowExec: options.allowExec,
              shots,
            });
      agents.set(key, { agent, functions });
      const [oldest] = agents;
      if (agents.size > maxOpen && oldest) {
        agents.delete(oldest[0]);
        setTimeout(() => void oldest[1].agent.close(), closeAfterMs).unref();
      }
      return agent;
    },
    evaluatorFor(config, functions, callAgent) {
      // Bound to one activity, which knows when to stop and whose media they are.
      if (callAgent) return createEvaluator(config, { functions, callAgent });
      const key = JSON.stringify(config);
      const open = evaluators.get(key);
      if (open?.functions === functions) return open.evaluator;
      if (evaluators.size > maxOpen) evaluators.clear();
      const evaluator = createEvaluator(config, { functions });
      evaluators.set(key, { evaluator, functions });
      return evaluator;
    },
    limiterFor(agent, config) {
      const key = `${agent.endpoint} ${JSON.stringify(config.limits ?? {})}`;
      const open = limiters.get(key);
      if (open) return open;
      const limiter = new EndpointLimiter({
        db: options.db,
        endpoint: agent.endpoint,
        // Variants with other limits on one endpoint lease apart, each counting the other's calls.
        worker: `${options.identity} ${JSON.stringify(config.limits ?? {})}`,
        limits: config.limits ?? {},
      });
      limiters.set(key, limiter);
      return limiter;
    },
    async close() {
      await Promise.all([...limiters.values()].map((limiter) => limiter.close()));
      await Promise.all([...agents.values()].map(({ agent }) => agent.close()));
    },
  };
}
