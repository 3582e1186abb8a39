import type { HttpAgentConfig } from '../schema/contracts/agent.ts';
import type { Agent, AgentAnswer, AgentCall } from '../schema/contracts/call.ts';
import { formatJsonPath, parseJsonPath } from '../schema/json-path.ts';
import type { AgentDependencies } from './agent-dependencies.ts';
import { withUsage } from './failed-answer.ts';
import { httpEndpoint } from './http-endpoint.ts';
import { readAnswer } from './read-answer.ts';

/** POSTs `{input, context}` to a URL (DESIGN §8 "HTTP agent"). */
export function httpAgent(config: HttpAgentConfig, dependencies: AgentDependencies): Agent {
  const outputPath = parseJsonPath(config.outputPath ?? 'output');
  const endpoint = httpEndpoint({ ...config, urlKey: 'url' }, dependencies);

  async function call(request: AgentCall): Promise<AgentAnswer> {
    const { input, context, bare } = request;
    const received = await endpoint.post(JSON.stringify(bare ? input : { input, context }), request);
    if (!received.ok) return received;
    const { text, revision, latencyMs } = received;
    let answer: unknown;
    try {
      answer = JSON.parse(text);
    } catch {
      const found = text === '' ? 'nothing' : endpoint.quote(text);
      return endpoint.invalidOutput(received, `its body is not JSON: found ${found}`, 'JSON');
    }
    const read = readAnswer(answer, bare ? [] : outputPath);
    if ('problem' in read) {
      const expected = bare
        ? 'JSON that can be stored'
        : `the output at \`${formatJsonPath(outputPath)}\` (outputPath)`;
      return withUsage(endpoint.invalidOutput(received, read.problem, expected), read.usage);
    }
    return { ok: true, ...read, ...(revision === undefined ? {} : { revision }), latencyMs };
  }

  return { endpoint: endpoint.origin, call, probe: endpoint.probe, close: endpoint.close };
}
