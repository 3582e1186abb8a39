import type { ReplayAgentConfig } from '../schema/contracts/agent.ts';
import type { Agent } from '../schema/contracts/call.ts';
import { describeMissing, parseJsonPath, readJsonPath } from '../schema/json-path.ts';
import { whyNotStorable } from '../schema/why-not-storable.ts';
import { failedAnswer } from './failed-answer.ts';

/**
 * Answers with the value at `path` in `{id, input, metadata}` of the example, in no time. Nothing there, or null,
 * is `no_recording`: a missing trial, not a failure of the agent.
 */
export function replayAgent(config: ReplayAgentConfig): Agent {
  const path = parseJsonPath(config.path);
  return {
    endpoint: 'replay',
    async call({ input, example, signal }) {
      signal?.throwIfAborted();
      const root = { id: example.id, input, metadata: example.metadata };
      const output = readJsonPath(root, path);
      if (output === undefined || output === null) {
        const found = output === null ? `null at \`${config.path}\`` : describeMissing(root, path);
        return failedAnswer('no_recording', `example ${example.id} has no recorded output: ${found}`, 0);
      }
      const why = whyNotStorable(output);
      if (why !== null) {
        return failedAnswer('invalid_output', `the recording of example ${example.id} cannot be stored: ${why}`, 0);
      }
      return { ok: true, output, latencyMs: 0 };
    },
    async probe() {
      return null;
    },
    async close() {},
  };
}
