import type { Json } from '../schema/contracts/json.ts';
import { quoteText } from '../schema/quote-text.ts';
import { plainText } from './plain-text.ts';

/**
 * Reads a judge's answer: JSON `{explanation, label}`, also in a fence or with words around it; or the label alone, or
 * on a last line of its own (`label: correct`). Labels match whatever their case and the quotes or stars around them. A
 * label is never looked for inside a sentence: "not correct" holds "correct".
 * @returns the label as declared, or what was found instead.
 */
export function readLabel(
  output: Json,
  labels: readonly string[],
): { label: string; explanation?: string } | { problem: string } {
  if (typeof output === 'object' && output !== null && !Array.isArray(output) && typeof output.refusal === 'string') {
    return { problem: `the judge refused: ${quoteText(output.refusal)}` };
  }
  const answer = typeof output === 'string' ? heldObject(output) : output;
  if (typeof answer === 'object' && answer !== null && !Array.isArray(answer)) {
    const label = matchLabel(answer.label, labels);
    if (label === null) {
      const found = answer.label === undefined ? output : answer.label;
      return { problem: notOne(labels, found) };
    }
    const { explanation } = answer;
    return typeof explanation === 'string' && explanation.trim() !== ''
      ? { label, explanation: plainText(explanation.trim()) }
      : { label };
  }
  const alone = typeof output === 'string' ? labelIn(output, labels) : null;
  return alone ?? { problem: notOne(labels, output) };
}

function labelIn(text: string, labels: readonly string[]): { label: string; explanation?: string } | null {
  const alone = matchLabel(text, labels);
  if (alone !== null) return { label: alone };
  const lines = text.trim().split('\n');
  const last = lines.pop()?.replace(/^[\s"'*`]*label[\s"'*`]*[:=]/i, '') ?? '';
  const label = matchLabel(last, labels);
  if (label === null) return null;
  const explanation = lines.join('\n').trim();
  return explanation === '' ? { label } : { label, explanation: plainText(explanation) };
}

/** The JSON object a text holds; null when it holds none, or several. */
function heldObject(text: string): Json {
  const from = text.indexOf('{');
  const to = text.lastIndexOf('}');
  if (from === -1 || to < from) return null;
  try {
    return JSON.parse(text.slice(from, to + 1)) as Json;
  } catch {
    return null;
  }
}

function matchLabel(found: Json | undefined, labels: readonly string[]): string | null {
  if (typeof found !== 'string' && typeof found !== 'number' && typeof found !== 'boolean') return null;
  const exact = fold(String(found));
  return labels.find((label) => fold(label) === exact) ?? labels.find((label) => fold(label) === bare(exact)) ?? null;
}

function fold(text: string): string {
  return text.trim().toLowerCase();
}

function bare(text: string): string {
  return text.replace(/^["'*`\s]+|["'*`.\s]+$/g, '');
}

function notOne(labels: readonly string[], found: Json): string {
  const shown = quoteText(typeof found === 'string' ? found : JSON.stringify(found), 120);
  return `found ${shown}, expected one of ${labels.map((label) => `"${label}"`).join(', ')}`;
}
