import type { AgentConfig } from '../schema/contracts/agent.ts';
import type { Agent } from '../schema/contracts/call.ts';
import type { AgentDependencies } from './agent-dependencies.ts';
import { execAgent } from './exec-agent.ts';
import { functionAgent } from './function-agent.ts';
import { httpAgent } from './http-agent.ts';
import { openaiAgent } from './openai-agent.ts';
import { replayAgent } from './replay-agent.ts';

/**
 * The adapter for an agent version. Its `call` never rejects for anything the agent does; it rejects with the
 * signal's reason when `call.signal` aborts, since such a call has no answer to record.
 * @throws SluiceError invalid_input for a path, URL or header that cannot work, naming the field.
 */
export function createAgent(config: AgentConfig, dependencies: AgentDependencies): Agent {
  switch (config.adapter) {
    case 'http':
      return httpAgent(config, dependencies);
    case 'openai':
      return openaiAgent(config, dependencies);
    case 'exec':
      return execAgent(config, dependencies);
    case 'function':
      return functionAgent(config, dependencies);
    case 'replay':
      return replayAgent(config);
  }
}
