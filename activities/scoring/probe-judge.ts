import { evaluatorAgent } from '../../evaluators/evaluator-agent.ts';
import type { FunctionRegistry } from '../../schema/contracts/call.ts';
import type { EvaluatorConfig } from '../../schema/contracts/evaluator.ts';
import type { ActivityDependencies } from '../dependencies.ts';

/** Whether a judge is there and what it calls can be reached, without calling it. @returns null when it can judge */
export async function probeJudge(
  dependencies: Pick<ActivityDependencies, 'agentFor' | 'evaluatorFor'>,
  functions: FunctionRegistry,
  config: EvaluatorConfig,
): Promise<{ message: string; fix: string } | null> {
  const called = evaluatorAgent(config);
  if (called === null) return dependencies.evaluatorFor(config, functions).probe?.() ?? null;
  const problem = await dependencies.agentFor(called, functions).probe();
  return problem && { ...problem, message: `evaluator ${config.name}: ${problem.message}` };
}
