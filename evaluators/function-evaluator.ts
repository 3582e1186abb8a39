import type { Evaluator, FunctionJudgement, FunctionRegistry, Judged } from '../schema/contracts/call.ts';
import type { EvaluatorConfig } from '../schema/contracts/evaluator.ts';
import { SluiceError } from '../schema/errors.ts';

const maxTextLength = 2_000;
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
        ? within(judgement, timeoutMs, name).then((each) => toJudged(name, kind, each))
        : toJudged(name, kind, judgement as FunctionJudgement);
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

function toJudged(name: string, kind: Evaluator['kind'], judgement: FunctionJudgement): Judged {
  const judged = typeof judgement === 'object' && judgement !== null ? judgement : { score: judgement };
  const score = typeof judged.score === 'boolean' ? Number(judged.score) : judged.score;
  if (score !== null && (typeof score !== 'number' || !Number.isFinite(score))) {
    throw unusable(name, `found ${describe(judgement)}, expected a boolean, a finite number, null or {score}`);
  }
  if (kind === 'binary' && score !== null && score !== 0 && score !== 1) {
    throw unusable(name, `found ${score}, expected 0 or 1, since its kind is binary`);
  }
  const checked: Judged = { score };
  if ('label' in judged && judged.label !== undefined) checked.label = plainText(judged.label);
  if ('explanation' in judged && judged.explanation !== undefined) checked.explanation = plainText(judged.explanation);
  return checked;
}

/** Text that Postgres can store. */
function plainText(value: unknown): string {
  return String(value).slice(0, maxTextLength).replaceAll('\0', ' ').toWellFormed();
}

function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null)
    return `an object with the keys ${Object.keys(value).join(', ') || '(none)'}`;
  return typeof value === 'string' ? 'a text' : String(value);
}

function unusable(name: string, what: string): SluiceError {
  return new SluiceError({ code: 'invalid_input', message: `evaluator ${name} returned no judgement: ${what}` });
}

function notRegistered(name: string, functionName: string, found: string[]): SluiceError {
  return new SluiceError({
    code: 'unavailable',
    message: `evaluator ${name} cannot judge: function ${functionName} is not registered: found ${found.slice(0, 10).join(', ') || 'no function evaluators'}`,
    fix: `export it as evaluators["${functionName}"] from sluice.config.ts where the worker starts, and restart the worker`,
  });
}
