import type { Json } from './contracts/json.ts';
import { SluiceError } from './errors.ts';
import { quoteText } from './quote-text.ts';

/** A parsed path: text for a key, number for a place in a list (negative: counted from the end). */
export type JsonPath = readonly (string | number)[];

/** `key` up to the next `.` or `[`; `[3]`, `[-1]`; `["any key"]`. Sticky: each match starts where the last ended. */
const stepPattern = /([^.[\]]+)|\[(-?\d+)\]|\["([^"]*)"\]|\['([^']*)'\]/y;

/**
 * Parses a path such as `choices[0].message.content`, `metadata.recorded["6b.v2"]` or `messages[-1].text`.
 * @throws SluiceError invalid_input naming the position that does not parse.
 */
export function parseJsonPath(text: string): JsonPath {
  const path: (string | number)[] = [];
  let at = 0;
  while (at < text.length) {
    if (path.length > 0 && text[at] === '.') at++;
    else if (path.length > 0 && text[at] !== '[') throw badPath(text, at);
    stepPattern.lastIndex = at;
    const step = stepPattern.exec(text);
    if (step === null) throw badPath(text, at);
    path.push(step[2] === undefined ? ((step[1] ?? step[3] ?? step[4]) as string) : Number(step[2]));
    at = stepPattern.lastIndex;
  }
  if (path.length === 0) throw badPath(text, 0);
  return path;
}

function badPath(text: string, at: number): SluiceError {
  const found = at < text.length ? quoteText(text.slice(at), 20) : 'the end';
  return new SluiceError({
    code: 'invalid_input',
    message: `path ${quoteText(text)} does not parse at character ${at + 1}: found ${found}, expected a key or [number]`,
    fix: 'write keys joined by dots and places in lists in brackets, e.g. choices[0].message.content',
  });
}

/**
 * The value at `path`, or undefined when there is none. Only what the JSON itself holds is found: never anything
 * inherited, such as `constructor`.
 */
export function readJsonPath(root: unknown, path: JsonPath): Json | undefined {
  let value = root;
  for (const step of path) {
    value = stepInto(value, step);
    if (value === undefined) return undefined;
  }
  return value as Json;
}

function stepInto(value: unknown, step: string | number): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) {
    const place = typeof step === 'number' ? step : /^\d+$/.test(step) ? Number(step) : Number.NaN;
    return value.at(place) === undefined || Number.isNaN(place) ? undefined : value.at(place);
  }
  const key = String(step);
  return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

/**
 * Says why `path` leads nowhere in `root`, by what is there instead: ``nothing at `answer.text`: `answer` has the
 * keys value, unit``.
 */
export function describeMissing(root: unknown, path: JsonPath): string {
  let value = root;
  let depth = 0;
  while (depth < path.length) {
    const next = stepInto(value, path[depth] as string | number);
    if (next === undefined) break;
    value = next;
    depth++;
  }
  const place = depth === 0 ? 'the top level' : `\`${formatJsonPath(path.slice(0, depth))}\``;
  return `nothing at \`${formatJsonPath(path)}\`: ${place} ${describeKind(value)}`;
}

function describeKind(value: unknown): string {
  if (value === null || value === undefined) return 'is null';
  if (Array.isArray(value)) return `is a list of ${value.length}`;
  if (typeof value !== 'object') return `is a ${typeof value === 'string' ? 'text' : typeof value}`;
  const keys = Object.keys(value);
  if (keys.length === 0) return 'is an empty object';
  const shown = keys.slice(0, 10).map((key) => (key.length > 40 ? `${key.slice(0, 40)}…` : key));
  return `has the keys ${shown.join(', ')}${keys.length > 10 ? `, … (${keys.length})` : ''}`;
}

/** The path as a reader writes it. */
export function formatJsonPath(path: JsonPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/[.[\]]/.test(step) || step === '') text += `["${step}"]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}
