const maxDepth = 500;

/**
 * Why a value cannot be kept as JSON in Postgres; null when it can. An agent may say anything, and one such answer
 * must not keep the rows of its whole shard from being written.
 */
export function whyNotStorable(value: unknown, depth = 0): string | null {
  switch (typeof value) {
    case 'string':
      if (value.includes('\0')) return 'it contains the character U+0000';
      return value.isWellFormed() ? null : 'it contains half a surrogate pair';
    case 'boolean':
      return null;
    case 'number':
      return Number.isFinite(value) ? null : `it contains the number ${value}`;
    case 'object':
      break;
    default:
      return `it contains a ${typeof value}`;
  }
  if (value === null) return null;
  if (depth >= maxDepth) return `it is nested deeper than ${maxDepth}`;
  if (Array.isArray(value)) {
    for (const item of value) {
      const why = whyNotStorable(item, depth + 1);
      if (why !== null) return why;
    }
    return null;
  }
  for (const key in value) {
    const why = whyNotStorable(key, depth) ?? whyNotStorable((value as Record<string, unknown>)[key], depth + 1);
    if (why !== null) return why;
  }
  return null;
}
