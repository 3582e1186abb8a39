import type { RE2JS } from 're2js';

/** Each search is linear, but many matches that each read far ahead add up: past this it is no judge. */
const maxSearchMs = 1_000;

/**
 * The last match of a pattern: its group 1 where it has one that took part, else all of it; null when there is none.
 * @throws Error when the search takes longer than a second.
 */
export function lastMatch(pattern: RE2JS, text: string): string | null {
  const matcher = pattern.matcher(text);
  if (!matcher.find()) return null;
  const startedAt = performance.now();
  let start: number;
  let end: number;
  const group = matcher.groupCount() > 0 ? 1 : 0;
  do {
    start = matcher.start(group);
    end = matcher.end(group);
    if (start < 0) {
      start = matcher.start();
      end = matcher.end();
    }
    if (performance.now() - startedAt > maxSearchMs) {
      throw new Error(
        `pattern ${pattern.pattern()} took longer than ${maxSearchMs} ms on an output of ${text.length} characters`,
      );
    }
  } while (matcher.find());
  return text.slice(start, end);
}
