import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import { type ErrorDetail, SluiceError } from '../errors.ts';

/**
 * Parses input from outside. Every mistake is named with its path; an unknown key with the nearest known one.
 * @param what What is read, for the message: `experiment.yaml`, `agent file support.yaml`.
 * @throws {SluiceError} invalid_input
 */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown, what: string): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw inputError(what, explain(schema, parsed.error.issues, input));
}

/** The error for a list of mistakes: up to six of them in the message. */
export function inputError(what: string, details: ErrorDetail[]): SluiceError {
  const shown = details
    .slice(0, 6)
    .map((detail) => (detail.path ? `${detail.path}: ${detail.message}` : detail.message));
  if (details.length > shown.length) shown.push(`and ${details.length - shown.length} more`);
  return new SluiceError({
    code: 'invalid_input',
    message: shown.length === 1 ? `${what}: ${shown[0]}` : `${what}:\n  ${shown.join('\n  ')}`,
    fix: `Correct ${details.length === 1 ? 'it' : 'these'} and try again. Nothing was changed.`,
    details,
  });
}

type Issue = z.core.$ZodIssue;

/** Sentences for zod's issues: where, what was found, what was expected. */
export function explain(schema: z.core.$ZodType, issues: readonly Issue[], input: unknown): ErrorDetail[] {
  const details = issues.flatMap((issue) => explainOne(schema, issue, input));
  // A misspelt key is the cause of what is missing elsewhere: it is named first.
  const isUnknown = (detail: ErrorDetail) => detail.message.startsWith('unknown key');
  return [...details.filter(isUnknown), ...details.filter((detail) => !isUnknown(detail))];
}

function explainOne(schema: z.core.$ZodType, issue: Issue, input: unknown): ErrorDetail[] {
  const found = valueAt(input, issue.path);
  const path = pathText(issue.path);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysAt(schema, input, issue.path);
      return issue.keys.map((key) => ({
        path: pathText([...issue.path, key]),
        message: `unknown key${suggest(key, known)}`,
      }));
    }
    case 'invalid_union': {
      const nearest = nearestBranch(issue);
      if (nearest) {
        return nearest.flatMap((one) => explainOne(schema, { ...one, path: [...issue.path, ...one.path] }, input));
      }
      return [{ path, message: oneOf((issue as { options?: unknown[] }).options?.map(String) ?? [], found) }];
    }
    case 'invalid_value':
      return [{ path, message: oneOf(issue.values.map(String), found) }];
    case 'invalid_type':
      if (found === undefined) return [{ path, message: `is missing, expected ${issue.expected}` }];
      return [{ path, message: `expected ${issue.expected}, found ${show(found)}` }];
    case 'custom':
      return [{ path, message: issue.message }];
    default:
      return [{ path, message: `${lowerFirst(issue.message)}, found ${show(found)}` }];
  }
}

function oneOf(values: string[], found: unknown): string {
  const expected = `expected ${values.length === 1 ? '' : 'one of '}${values.join(', ')}`;
  if (found === undefined) return `is missing, ${expected}`;
  return `${expected}; found ${show(found)}${typeof found === 'string' ? suggest(found, values) : ''}`;
}

/** The keys that an object at `path` may have, by the schema and, in unions, by what the input looks like. */
function keysAt(schema: z.core.$ZodType, input: unknown, path: readonly PropertyKey[]): string[] {
  const def = (schema as z.core.$ZodTypes)._zod.def;
  const [key, ...rest] = path;
  const below = (input as Record<PropertyKey, unknown> | null | undefined)?.[key ?? ''];
  switch (def.type) {
    case 'object': {
      if (key === undefined) return Object.keys(def.shape);
      const child = def.shape[String(key)];
      return child ? keysAt(child, below, rest) : [];
    }
    case 'record':
      return key === undefined ? [] : keysAt(def.valueType, below, rest);
    case 'array':
      return key === undefined ? [] : keysAt(def.element, below, rest);
    case 'optional':
    case 'nullable':
    case 'default':
      return keysAt(def.innerType, input, path);
    case 'pipe':
      return keysAt(def.in, input, path);
    case 'union': {
      const fitting = def.options.filter((option) => literalsFit(option, input));
      return (fitting.length > 0 ? fitting : def.options).flatMap((option) => keysAt(option, input, path));
    }
    default:
      return [];
  }
}

/** False when a literal key of the option (a discriminator) contradicts the input. */
function literalsFit(option: z.core.$ZodType, input: unknown): boolean {
  const def = (option as z.core.$ZodTypes)._zod.def;
  if (def.type === 'union') return def.options.some((one) => literalsFit(one, input));
  if (def.type !== 'object' || input === null || typeof input !== 'object') return def.type === 'object';
  return Object.entries(def.shape).every(([key, child]) => {
    const childDef = (child as z.core.$ZodTypes)._zod.def;
    return childDef.type !== 'literal' || childDef.values.includes((input as Record<string, never>)[key] as never);
  });
}

/** Of a union's branches the one with the fewest mistakes. */
function nearestBranch(issue: Extract<Issue, { code: 'invalid_union' }>): Issue[] | null {
  const branches = issue.errors.filter((branch) => branch.length > 0);
  if (branches.length === 0) return null;
  return branches.reduce((best, branch) => (weight(branch) < weight(best) ? branch : best));
}

function weight(branch: readonly Issue[]): number {
  return branch.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
}

/** `; did you mean "…"?` when one of the known words is near, else nothing. */
export function suggest(unknown: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const nearest = closest(unknown, [...known]);
  const near = distance(unknown.toLowerCase(), nearest.toLowerCase()) <= Math.max(2, Math.floor(nearest.length / 2.5));
  return near ? `; did you mean "${nearest}"?` : `; known: ${known.slice(0, 20).join(', ')}`;
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text ? `${text}.${String(key)}` : String(key)),
    '',
  );
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (value === null || typeof value !== 'object') return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
