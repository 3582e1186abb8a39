import type { AgentConfig } from '../schema/contracts/agent.ts';
import type { EvaluatorConfig } from '../schema/contracts/evaluator.ts';

/**
 * What an evaluator calls, as the agent that the adapters know; null for one that calls nothing. For calling it, and for
 * checking its address, secrets and limits beforehand.
 */
export function evaluatorAgent(config: EvaluatorConfig): AgentConfig | null {
  switch (config.type) {
    case 'llm_judge':
    case 'pairwise': {
      const { baseUrl, model, secret, headers, headerSecrets, parameters, prices, limits, timeoutMs } = config;
      const sent = { secret, headers, headerSecrets };
      return present({ adapter: 'openai', baseUrl, model, ...sent, parameters, prices, limits, timeoutMs });
    }
    case 'http': {
      const { url, headers, headerSecrets, secret, limits, timeoutMs } = config;
      return present({ adapter: 'http', url, headers, headerSecrets, secret, limits, timeoutMs });
    }
    case 'exec': {
      const { command, cwd, secrets, limits, timeoutMs } = config;
      return present({ adapter: 'exec', command, cwd, secrets, limits, timeoutMs });
    }
    default:
      return null;
  }
}

/** Without the keys that hold nothing: adapters and limiters are kept by the text of their config. */
function present(config: AgentConfig): AgentConfig {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined)) as AgentConfig;
}
