import type { Json } from '../schema/contracts/json.ts';

/**
 * What a text judge reads: a text as it is, content parts (`[{type: 'text', text}, …]`) as their texts on lines of
 * their own, anything else as JSON.
 */
export function textOf(value: Json): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.length > 0) {
    const texts: string[] = [];
    for (const part of value) {
      if (typeof part !== 'object' || part === null || Array.isArray(part) || typeof part.type !== 'string') {
        return JSON.stringify(value);
      }
      if (part.type === 'text' && typeof part.text === 'string') texts.push(part.text);
    }
    return texts.join('\n');
  }
  return JSON.stringify(value);
}
