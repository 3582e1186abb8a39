import { SluiceError } from '../errors.ts';
import { type JsonPath, parseJsonPath } from '../json-path.ts';
import { suggest } from './parse-input.ts';

export interface Placeholder {
  /** As it stands in the text, braces included. */
  text: string;
  /** Where in the text it starts. */
  at: number;
  /** `output` of `{{output.answer}}`. */
  root: string;
  /** The rest of it: `.answer`. */
  rest: string;
}

/** Braces around anything but a word, as JSON in a prompt may have them, are text. */
const pattern = /\{\{\s*([A-Za-z_]\w*)([^{}]*?)\s*\}\}/g;

/** Every `{{placeholder}}` of a text, in order. */
export function findPlaceholders(text: string): Placeholder[] {
  return [...text.matchAll(pattern)].map((match) => ({
    text: match[0],
    at: match.index,
    root: match[1] as string,
    rest: (match[2] as string).trim(),
  }));
}

/** The path below the root. @throws SluiceError invalid_input when it does not parse. */
export function placeholderPath({ root, rest }: Placeholder): JsonPath {
  return parseJsonPath(root + rest).slice(1);
}

/** Why a placeholder cannot be filled, with the known one that is nearest; null when it can. */
export function whyBadPlaceholder(placeholder: Placeholder, roots: readonly string[]): string | null {
  const { text, root, rest } = placeholder;
  if (!roots.includes(root)) return `${text} is no known placeholder${suggest(root, roots)}`;
  try {
    if (placeholderPath(placeholder).length > 0 || root !== 'metadata') return null;
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return `${text}: ${error.message}`;
  }
  return `${text} needs a key, e.g. {{metadata.topic}}${rest}`;
}
