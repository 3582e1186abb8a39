import type { Pool } from 'pg';
import type { CallAgent } from '../evaluators/evaluator-dependencies.ts';
import type { AgentConfig } from '../schema/contracts/agent.ts';
import type { Agent, Evaluator, FunctionRegistry } from '../schema/contracts/call.ts';
import type { EvaluatorConfig } from '../schema/contracts/evaluator.ts';
import type { Store } from '../store/open-database.ts';
import type { TrialWriter } from './lanes/trial-writer.ts';
import type { BudgetWatch } from './limits/budget-watch.ts';
import type { EndpointLimiter } from './limits/endpoint-limiter.ts';
import type { UnreachableStreaks } from './limits/unreachable-streaks.ts';
import type { MediaLibrary } from './media/media-library.ts';

/** What the worker hands to its activities. */
export interface ActivityDependencies {
  db: Store;
  pool: Pool;
  writer: TrialWriter;
  budgets: BudgetWatch;
  /** Adapters, kept open between shards. */
  agentFor(config: AgentConfig, functions: FunctionRegistry): Agent;
  /** With `callAgent`, by which judges call models and endpoints; without, one that can only be checked or is code. */
  evaluatorFor(config: EvaluatorConfig, functions: FunctionRegistry, callAgent?: CallAgent): Evaluator;
  limiterFor(agent: Agent, config: AgentConfig): EndpointLimiter;
  streaks: UnreachableStreaks;
  media: MediaLibrary;
  /** What sluice.config.ts registers, read again when the file changed. */
  loadFunctions(): Promise<FunctionRegistry>;
}
