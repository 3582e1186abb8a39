import type { CallAgent } from '../../evaluators/evaluator-dependencies.ts';
import { agentOf } from '../agents/agent-call.ts';

/** Calls by the real adapters, in loopback. */
export const callAgent: CallAgent = async (config, call) => {
  const agent = agentOf(config);
  try {
    return await agent.call(call);
  } finally {
    await agent.close();
  }
};
