import { createAgent } from '../../agents/create-agent.ts';
import type { ShotLibrary } from '../../agents/shot-library.ts';
import type { AgentConfig } from '../../schema/contracts/agent.ts';
import type { Agent, AgentAnswer, AgentCall, FunctionRegistry } from '../../schema/contracts/call.ts';

/** An agent in loopback, with no secrets and no functions unless given. */
export function agentOf(
  config: AgentConfig,
  options: {
    secrets?: Record<string, string>;
    functions?: FunctionRegistry;
    allowedNetworks?: 'loopback' | 'private' | 'public';
    allowExec?: boolean;
    shots?: ShotLibrary;
  } = {},
): Agent {
  return createAgent(config, {
    resolveSecret: (name) => options.secrets?.[name],
    functions: options.functions ?? {},
    allowedNetworks: options.allowedNetworks ?? 'loopback',
    allowExec: options.allowExec ?? true,
    ...(options.shots === undefined ? {} : { shots: options.shots }),
  });
}

/** A call about example `e1`, trial `trial-1`. */
export function callOf(call: Partial<AgentCall> = {}): AgentCall {
  return {
    input: { question: 'How many?' },
    example: { id: 'e1', metadata: {} },
    context: { runId: 'run-1', trialId: 'trial-1', variant: 'control', repetition: 0, shadow: false },
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    ...call,
  };
}

/** One call by an agent that lives for it only. */
export async function callOnce(
  config: AgentConfig,
  options: Parameters<typeof agentOf>[1] & { call?: Partial<AgentCall> } = {},
): Promise<AgentAnswer> {
  const agent = agentOf(config, options);
  try {
    return await agent.call(callOf(options.call));
  } finally {
    await agent.close();
  }
}
