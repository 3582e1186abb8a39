import type { EvaluatorInput } from '../schema/contracts/call.ts';
import type { Json } from '../schema/contracts/json.ts';
import { findPlaceholders, type Placeholder, placeholderPath } from '../schema/contracts/placeholders.ts';
import { SluiceError } from '../schema/errors.ts';
import { sha256 } from '../schema/ids.ts';
import { describeMissing, readJsonPath } from '../schema/json-path.ts';
import { expectedOf } from './expected-of.ts';
import { stepsOf } from './steps-of.ts';

/** A piece of the material a judge gets, under a name. */
export interface Material {
  name: string;
  value: Json;
}

/** Content parts of a message, as adapters read them. */
export type Parts = { [key: string]: Json }[];

/** A prompt taken apart once: texts, and placeholders between them. */
export type CompiledPrompt = (string | Placeholder)[];

/** Takes a prompt apart. Its placeholders were checked when it was read. */
export function compilePrompt(prompt: string): CompiledPrompt {
  const pieces: CompiledPrompt = [];
  let from = 0;
  for (const placeholder of findPlaceholders(prompt)) {
    pieces.push(prompt.slice(from, placeholder.at), placeholder);
    from = placeholder.at + placeholder.text.length;
  }
  pieces.push(prompt.slice(from));
  return pieces;
}

/**
 * The message to a judge: the prompt with its placeholders filled, then `added` material. Each value stands between two
 * lines that carry an id derived from all the values (SHA-256): no value can hold the id of the message it is in, so none
 * can end its own block and go on as the prompt. Values are not looked through for placeholders. A list of content parts
 * keeps its media as parts; other values that are no text are given as JSON.
 * @throws SluiceError invalid_input when the example lacks what the prompt asks for: a missing score.
 */
export function fillPrompt(
  name: string,
  pieces: CompiledPrompt,
  input: EvaluatorInput,
  added: (Material & { lead: string })[] = [],
): Parts {
  const filled = pieces.map((piece) => (typeof piece === 'string' ? piece : materialOf(name, piece, input)));
  const values = [...filled.filter((piece) => typeof piece !== 'string'), ...added];
  const id = materialId(JSON.stringify(values.map(({ value }) => value)));
  const parts: Parts = [];
  for (const piece of filled) {
    if (typeof piece === 'string') addText(parts, piece);
    else addMaterial(parts, piece, id);
  }
  for (const { lead, ...material } of added) {
    addText(parts, `\n\n${lead}\n`);
    addMaterial(parts, material, id);
  }
  return parts;
}

function materialOf(evaluator: string, placeholder: Placeholder, input: EvaluatorInput): Material {
  const { root, rest } = placeholder;
  const path = placeholderPath(placeholder);
  const whole = rootOf(evaluator, root, input);
  const value = path.length === 0 ? whole : readJsonPath(whole, path);
  const name = root + rest;
  if (value !== undefined) return { name, value };
  // Where an output should have something and has not, that is for the judge to weigh.
  if (root === 'output') return { name, value: '(nothing)' };
  throw new SluiceError({
    code: 'invalid_input',
    message: `evaluator ${evaluator} cannot judge: its prompt asks for ${placeholder.text}, and found ${describeMissing(whole, path)}`,
    fix: 'give it in each example, or take the placeholder out of the prompt',
  });
}

function rootOf(evaluator: string, root: string, input: EvaluatorInput): Json {
  switch (root) {
    case 'input':
      return input.input;
    case 'output':
      return input.output;
    case 'expected':
      return expectedOf(evaluator, input);
    case 'steps':
      return stepsOf(evaluator, input) as Json;
    default:
      return input.metadata;
  }
}

function materialId(text: string): string {
  let id = sha256(text).slice(0, 16);
  // A value that holds the hash of all values is not to be found; the loop says so instead of assuming it.
  while (text.includes(id)) id = sha256(id + text).slice(0, 16);
  return id;
}

function addMaterial(parts: Parts, { name, value }: Material, id: string): void {
  addText(parts, `<material name="${name.replaceAll('"', "'")}" id="${id}">\n`);
  if (isContentParts(value)) {
    value.forEach((part, index) => {
      if (part.type !== 'text') parts.push(part);
      else addText(parts, `${index === 0 ? '' : '\n'}${part.text}`);
    });
  } else {
    addText(parts, typeof value === 'string' ? value : JSON.stringify(value));
  }
  addText(parts, `\n</material id="${id}">`);
}

function addText(parts: Parts, text: string): void {
  const last = parts.at(-1);
  if (text === '') return;
  if (last?.type === 'text') last.text = `${last.text}${text}`;
  else parts.push({ type: 'text', text });
}

function isContentParts(value: Json): value is Parts {
  if (!Array.isArray(value) || value.length === 0) return false;
  return value.every((part) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return false;
    return part.type === 'image' || part.type === 'audio' || (part.type === 'text' && typeof part.text === 'string');
  });
}
