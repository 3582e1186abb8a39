import type { FunctionAgentConfig } from '../schema/contracts/agent.ts';
import type { Agent, FunctionRegistry } from '../schema/contracts/call.ts';
import { quoteText } from '../schema/quote-text.ts';
import { failedAnswer, withUsage } from './failed-answer.ts';
import { readAnswer } from './read-answer.ts';

const outputPath = ['output'];
const timedOut = Symbol('timed out');

/**
 * A TypeScript function of sluice.config.ts as an agent. It gets copies of input and metadata, so that a function
 * that changes its arguments cannot change what other trials see. At the timeout its signal aborts and its answer
 * is not waited for; a function that never yields cannot be stopped.
 */
export function functionAgent(config: FunctionAgentConfig, dependencies: { functions: FunctionRegistry }): Agent {
  const name = config.function;
  const parameters = config.parameters ?? {};
  const timeoutMs = config.timeoutMs ?? 60_000;
  const agents = dependencies.functions.agents ?? {};
  const registered = Object.hasOwn(agents, name) ? agents[name] : undefined;
  const missing = `function agent ${name} is not registered: found ${nameList(Object.keys(agents))}`;
  const fix = `export it as agents["${name}"] from sluice.config.ts where the worker starts, and restart the worker`;

  return {
    endpoint: `function:${name}`,
    async call({ input, example, context, signal }) {
      signal?.throwIfAborted();
      if (registered === undefined) return failedAnswer('not_configured', `${missing}; ${fix}`, 0);
      const controller = new AbortController();
      const startedAt = performance.now();
      let timer: NodeJS.Timeout | undefined;
      let onAbort: (() => void) | undefined;
      const ending = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(timedOut), timeoutMs);
        onAbort = () => reject(signal?.reason);
        signal?.addEventListener('abort', onAbort);
      });
      try {
        const copies = structuredClone({ input, parameters, example });
        const running = (async () =>
          registered({ ...copies, context: { ...context } }, { signal: controller.signal }))();
        const returned = await Promise.race([running, ending]);
        const latencyMs = performance.now() - startedAt;
        const read = readAnswer(asJson(returned), outputPath);
        if (!('problem' in read)) return { ok: true, ...read, latencyMs };
        const message = `function agent ${name} returned no usable answer: ${read.problem}; expected {output, …}`;
        return withUsage(failedAnswer('invalid_output', message, latencyMs), read.usage);
      } catch (error) {
        const latencyMs = performance.now() - startedAt;
        controller.abort(error === timedOut ? new Error(`timed out after ${timeoutMs} ms`) : error);
        if (error === timedOut) {
          const message = `function agent ${name} did not answer within ${timeoutMs} ms (timeoutMs)`;
          return failedAnswer('timeout', message, latencyMs);
        }
        signal?.throwIfAborted();
        if (error instanceof NotJson) {
          const message = `function agent ${name} returned what JSON cannot hold: ${error.message}`;
          return failedAnswer('invalid_output', message, latencyMs);
        }
        return failedAnswer('threw', `function agent ${name} threw: ${firstLine(error)}`, latencyMs);
      } finally {
        clearTimeout(timer);
        if (onAbort) signal?.removeEventListener('abort', onAbort);
      }
    },
    async probe() {
      return registered === undefined ? { message: missing, fix } : null;
    },
    async close() {},
  };
}

class NotJson extends Error {}

/** What is left of a value once written as JSON: dates become text, functions and undefined go. */
function asJson(value: unknown): unknown {
  try {
    const text = JSON.stringify(value);
    return text === undefined ? undefined : JSON.parse(text);
  } catch (error) {
    throw new NotJson(firstLine(error));
  }
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : quoteText(String(error));
  return (text.split('\n', 1)[0] as string).slice(0, 300);
}

function nameList(names: string[]): string {
  return names.length === 0 ? 'no function agents' : names.slice(0, 10).join(', ');
}
