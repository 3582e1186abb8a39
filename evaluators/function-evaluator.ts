import type { Evaluator, FunctionRegistry } from '../schema/contracts/call.ts';
import type { EvaluatorConfig } from '../schema/contracts/evaluator.ts';
import { SluiceError } from '../schema/errors.ts';
import { readJudgement, unusable } from './read-judgement.ts';

const defaultTimeoutMs = 120_000;

/**
 * A TypeScript function of sluice.config.ts as a judge: a boolean is 0 or 1, null is no opinion. What it throws, and
 * anything else it returns, is a missing score with that reason; so is no answer within the timeout. It gets copies, so
 * that a function that changes its arguments cannot change what is stored or what others see.
 */
export function functionEvaluator(
  config: EvaluatorConfig & { type: 'function' },
  dependencies: { functions: FunctionRegistry },
): Evaluator {
  const { name, function: functionName } = config;
  const kind = config.kind ?? 'score';
  const parameters = config.parameters ?? {};
  const timeoutMs = config.timeoutMs ?? defaultTimeoutMs;
  const evaluators = dependencies.functions.evaluators ?? {};
  const registered = Object.hasOwn(evaluators, functionName) ? evaluators[functionName] : undefined;
  return {
    name,
    kind,
    evaluate(input) {
      if (registered === undefined) throw notRegistered(name, functionName, Object.keys(evaluators));
      const judgement = registered(structuredClone({ ...input, parameters }));
      return judgement instanceof Promise
        ? within(judgement, timeoutMs, name).then((each) => readJudgement(name, kind, each))
        : readJudgement(name, kind, judgement);
    },
    probe() {
      if (registered !== undefined) return null;
      const { message } = notRegistered(name, functionName, Object.keys(evaluators));
      return {
        message,
        fix: `export it as evaluators["${functionName}"] from sluice.config.ts where the worker starts`,
      };
    },
  };
}

/** A judge that never answers would hold its lane, and the run, for ever. */
async function within<T>(judgement: Promise<T>, timeoutMs: number, name: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unusable(name, `found none within ${timeoutMs} ms (timeoutMs)`)), timeoutMs);
  });
  return Promise.race([judgement, late]).finally(() => clearTimeout(timer));
}

function notRegistered(name: string, functionName: string, found: string[]): SluiceError {
  return new SluiceError({
    code: 'unavailable',
    message: `evaluator ${name} cannot judge: function ${functionName} is not registered: found ${found.slice(0, 10).join(', ') || 'no function evaluators'}`,
    fix: `export it as evaluators["${functionName}"] from sluice.config.ts where the worker starts, and restart the worker`,
  });
}
