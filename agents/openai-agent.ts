import type { FewShotRule, OpenaiAgentConfig } from '../schema/contracts/agent.ts';
import type { Agent, AgentAnswer, AgentCall, AgentUsage, Step } from '../schema/contracts/call.ts';
import type { Json } from '../schema/contracts/json.ts';
import type { AgentDependencies } from './agent-dependencies.ts';
import { type ChatMessage, chatMessages, shotMessages, withShots } from './chat-messages.ts';
import { type FailedAnswer, failedAnswer, withUsage } from './failed-answer.ts';
import { httpEndpoint, type Received } from './http-endpoint.ts';
import { isModelName } from './read-answer.ts';
import { type Completion, type CompletionFault, readCompletion } from './read-completion.ts';
import { readCompletionStream } from './read-completion-stream.ts';
import { readSteps } from './read-steps.ts';
import { readCachedTokens, readUsage } from './read-usage.ts';
import { withTokenCost } from './with-token-cost.ts';

/**
 * A model behind an endpoint that speaks OpenAI's chat completions. Streamed answers are read to their end and count
 * when they are whole; latency is that of the last byte either way.
 */
export function openaiAgent(config: OpenaiAgentConfig, dependencies: AgentDependencies): Agent {
  const url = completionsUrl(config.baseUrl);
  const endpoint = httpEndpoint({ ...config, url, urlKey: 'baseUrl' }, dependencies);
  const response = config.response ?? 'text';
  const rule = config.prompt?.fewShot;
  const fixed = {
    model: config.model,
    ...(response === 'json' ? { response_format: { type: 'json_object' } } : {}),
    ...config.parameters,
    ...(config.tools === undefined ? {} : { tools: config.tools }),
    ...(config.stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  };

  async function call(request: AgentCall): Promise<AgentAnswer> {
    let messages = chatMessages(request.input, config.prompt?.system);
    if (Array.isArray(messages) && rule !== undefined) messages = await addShots(rule, messages, request);
    if (!Array.isArray(messages)) {
      const message = `the input of example ${request.example.id} cannot be sent to ${endpoint.shown}: ${messages.problem}`;
      return failedAnswer('not_configured', message, 0);
    }
    const received = await endpoint.post(JSON.stringify({ ...fixed, messages }), request);
    if (!received.ok) return received;
    const parsed = parseCompletion(received);
    if (!('completion' in parsed)) return withUsage(explainFault(received, parsed), usedFor(parsed.usage));
    const { model, usage } = (parsed.completion ?? {}) as Completion;
    const used = usedFor(usage);
    const read = readCompletion(parsed.completion, response);
    if (!('output' in read)) return withUsage(explainFault(received, read), used);
    const steps = config.tools === undefined ? undefined : stepsOf(read.output);
    return {
      ok: true,
      output: read.output,
      ...(steps === undefined ? {} : { steps }),
      ...(used === undefined ? {} : { usage: used }),
      ...(isModelName(model) ? { model } : {}),
      ...(received.revision === undefined ? {} : { revision: received.revision }),
      latencyMs: received.latencyMs,
    };
  }

  function usedFor(usage: unknown): AgentUsage | undefined {
    return withTokenCost(readUsage(usage), config.prices, readCachedTokens(usage));
  }

  async function addShots(
    fewShot: FewShotRule,
    messages: ChatMessage[],
    { input, example: { clusterKey } }: AgentCall,
  ): Promise<ChatMessage[] | { problem: string }> {
    if (dependencies.shots === undefined || fewShot.versionId === undefined) {
      return { problem: `there are no examples of ${fewShot.dataset} at hand for prompt.fewShot` };
    }
    const shots = shotMessages(await dependencies.shots.pick(fewShot, { input, clusterKey }));
    return Array.isArray(shots) ? withShots(messages, shots) : shots;
  }

  /** Some endpoints answer whole although a stream was asked for: the content type decides. */
  function parseCompletion({ text, headers }: Received): { completion: unknown } | CompletionFault {
    if (String(headers['content-type']).startsWith('text/event-stream')) return readCompletionStream(text);
    try {
      return { completion: JSON.parse(text) };
    } catch {
      return { errorClass: 'invalid_output', problem: 'its body is not JSON', found: text };
    }
  }

  function explainFault(received: Received, fault: CompletionFault): FailedAnswer {
    if ('error' in fault) return explainSentError(received, fault.error);
    const { errorClass, problem, found } = fault;
    const shown =
      found === undefined ? problem : `${problem}: found ${found === '' ? 'nothing' : endpoint.quote(found)}`;
    if (errorClass === 'invalid_output') return endpoint.invalidOutput(received, shown, 'a chat completion');
    return failedAnswer(errorClass, `agent at ${endpoint.shown} broke off: ${shown}`, received.latencyMs);
  }

  /** What goes wrong once a stream has begun, or behind a proxy, comes as an `error` with status 200. */
  function explainSentError({ status, latencyMs }: Received, error: unknown): FailedAnswer {
    const text = typeof error === 'string' ? error : JSON.stringify(error);
    const { code, type } = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>;
    const limited = Number(code) === 429 || [code, type].some((word) => /rate.?limit/i.test(String(word)));
    const refused = Number(code) >= 400 && Number(code) < 500;
    const errorClass = limited ? 'rate_limited' : refused ? 'client_error' : 'server_error';
    const message = `agent at ${endpoint.shown} answered ${status} with an error: ${endpoint.quote(text)}`;
    return failedAnswer(errorClass, message, latencyMs);
  }

  return { endpoint: endpoint.origin, call, probe: endpoint.probe, close: endpoint.close };
}

/** Of a model that has tools: each call of one is a step, an answer in words is one step. */
function stepsOf(output: Json): Step[] {
  const { toolCalls } = ((typeof output === 'object' ? output : null) as { toolCalls?: unknown } | null) ?? {};
  return Array.isArray(toolCalls) ? readSteps(toolCalls.map((tool) => ({ tool }))) : readSteps([{ output }]);
}

/** Keeps a query, such as the `api-version` that some endpoints want. */
export function completionsUrl(baseUrl: string): string {
  if (!URL.canParse(baseUrl)) return baseUrl;
  const url = new URL(baseUrl);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/chat/completions`;
  return url.href;
}
