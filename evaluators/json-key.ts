import type { Json } from '../schema/contracts/json.ts';

/** A text that is the same for equal JSON, whatever the order of keys. */
export function jsonKey(value: Json): string {
  return JSON.stringify(value, (_key, inner) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([one], [two]) => (one < two ? -1 : 1)));
  });
}
