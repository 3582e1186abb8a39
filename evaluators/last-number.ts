import { parseNumber } from './parse-number.ts';

const digitsPattern = /\d[\d,]*(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+/g;
const groupedPattern = /^\d{1,3}(?:,\d{3})+(?!\d)/;

/**
 * The last number in running text, e.g. 1234.5 in `costs $1,234.50.`; null when there is none. Commas that do not
 * group thousands separate numbers; a `-` right after a word or number is a hyphen or a subtraction, not a sign.
 */
export function lastNumber(text: string): number | null {
  let last: RegExpExecArray | null = null;
  digitsPattern.lastIndex = 0;
  for (let match = digitsPattern.exec(text); match !== null; match = digitsPattern.exec(text)) last = match;
  if (last === null) return null;
  let digits = last[0].replace(/,+$/, '');
  const separated = digits.includes(',') && !groupedPattern.test(digits);
  if (separated) digits = digits.slice(digits.lastIndexOf(',') + 1);
  const number = parseNumber(digits);
  return number !== null && !separated && isNegative(text, last.index) ? -number : number;
}

function isNegative(text: string, at: number): boolean {
  let before = at - 1;
  if (text[before] === '$') before--;
  if (text[before] !== '-' && text[before] !== '−') return false;
  const previous = text[before - 1];
  return previous === undefined || !/[\p{L}\p{N})\]]/u.test(previous);
}
