import type { AgentDependencies } from '../../agents/agent-dependencies.ts';
import { createAgent } from '../../agents/create-agent.ts';
import { type CompletionsPass, passCompletions } from '../../agents/pass-completions.ts';
import type { AgentConfig } from '../../schema/contracts/agent.ts';
import type { Agent, FunctionRegistry } from '../../schema/contracts/call.ts';

/** An agent version as the gateway calls it. Connections stay open from call to call. */
export interface ServedVersion {
  version: number;
  config: AgentConfig;
  /** For `openai`: the way for bodies that are passed on. */
  pass: CompletionsPass | null;
  agent: Agent;
}

/** Most versions with open connections; the one asked for least recently makes room. */
const maxOpen = 200;
/** One that made room may still have calls in flight. */
const closeAfterMs = 600_000;

/** Agent versions ready to be called, made once each; those that are functions anew when sluice.config.ts has changed. */
export function createServedVersions(options: {
  dependencies: Omit<AgentDependencies, 'functions'>;
  loadFunctions(): Promise<FunctionRegistry>;
}) {
  const open = new Map<string, { served: ServedVersion; functions: FunctionRegistry | null }>();
  const close = ({ pass, agent }: ServedVersion) => Promise.all([pass?.close(), agent.close()]);

  return {
    /** @throws {SluiceError} for a URL or header that cannot work */
    async of(agentId: string, version: number, config: AgentConfig): Promise<ServedVersion> {
      const key = `${agentId} ${version}`;
      const found = open.get(key);
      const functions = config.adapter === 'function' ? await options.loadFunctions() : null;
      if (found !== undefined && found.functions === functions) return found.served;
      const dependencies = { ...options.dependencies, functions: functions ?? {} };
      const served: ServedVersion = {
        version,
        config,
        pass: config.adapter === 'openai' ? passCompletions(config, dependencies) : null,
        agent: createAgent(config, dependencies),
      };
      open.delete(key);
      open.set(key, { served, functions });
      const [oldest] = open;
      if (open.size > maxOpen && oldest !== undefined) {
        open.delete(oldest[0]);
        setTimeout(() => void close(oldest[1].served), closeAfterMs).unref();
      }
      return served;
    },
    async close(): Promise<void> {
      await Promise.all([...open.values()].map(({ served }) => close(served)));
    },
  };
}

export type ServedVersions = ReturnType<typeof createServedVersions>;
