const plainNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * Reads a text as one number: without surrounding blanks, commas, a leading `$` and a trailing `.`.
 * @returns null when the rest is not a number, or none that a double can hold.
 */
export function parseNumber(text: string): number | null {
  let rest = text.trim().replaceAll(',', '').replace('−', '-');
  if (rest.startsWith('$')) rest = rest.slice(1).trimStart();
  else if (rest.startsWith('-$')) rest = `-${rest.slice(2).trimStart()}`;
  if (rest.endsWith('.')) rest = rest.slice(0, -1);
  if (!plainNumber.test(rest)) return null;
  const number = Number(rest);
  return Number.isFinite(number) ? number : null;
}
