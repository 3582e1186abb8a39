import type { AgentConfig } from '../schema/contracts/agent.ts';
import type { AgentAnswer, AgentCall, FunctionRegistry } from '../schema/contracts/call.ts';

/** Calls a model, an endpoint or a command on a judge's behalf: limits, retries and prices are the caller's business. */
export type CallAgent = (config: AgentConfig, call: AgentCall) => Promise<AgentAnswer>;

/** What evaluators need from where they run. */
export interface EvaluatorDependencies {
  functions: FunctionRegistry;
  /** Absent where judges are only checked, never asked. */
  callAgent?: CallAgent;
}
