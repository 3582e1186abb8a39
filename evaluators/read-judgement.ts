import type { Evaluator, FunctionJudgement, Judged } from '../schema/contracts/call.ts';
import { SluiceError } from '../schema/errors.ts';
import { plainText } from './plain-text.ts';

/**
 * Reads what a judge of the user's own said: a boolean is 0 or 1, null is no opinion, `{score, label?, explanation?}`
 * tells more; `{label}` alone has no score.
 * @throws SluiceError for anything else, and for other numbers than 0 and 1 of a binary one: that is no judgement.
 */
export function readJudgement(name: string, kind: Evaluator['kind'], judgement: unknown): Judged {
  const judged = (
    typeof judgement === 'object' && judgement !== null ? judgement : { score: judgement as FunctionJudgement }
  ) as Record<string, unknown>;
  const given = judged.score === undefined && typeof judged.label === 'string' ? null : judged.score;
  const score = typeof given === 'boolean' ? Number(given) : given;
  if (score !== null && (typeof score !== 'number' || !Number.isFinite(score))) {
    throw unusable(name, `found ${describe(judgement)}, expected a boolean, a finite number, null or {score}`);
  }
  if (kind === 'binary' && score !== null && score !== 0 && score !== 1) {
    throw unusable(name, `found ${score}, expected 0 or 1, since its kind is binary`);
  }
  const checked: Judged = { score };
  if (judged.label !== undefined && judged.label !== null) checked.label = plainText(judged.label);
  if (judged.explanation !== undefined && judged.explanation !== null) {
    checked.explanation = plainText(judged.explanation);
  }
  return checked;
}

/** The error for an answer that is no judgement. */
export function unusable(name: string, what: string): SluiceError {
  return new SluiceError({ code: 'invalid_input', message: `evaluator ${name} returned no judgement: ${what}` });
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null)
    return `an object with the keys ${Object.keys(value).slice(0, 10).join(', ') || '(none)'}`;
  return typeof value === 'string' ? 'a text' : String(value);
}
