const maxTextLength = 2_000;

/** What a judge wrote, as text that Postgres can store: at most 2,000 characters of it. */
export function plainText(value: unknown): string {
  return String(value).slice(0, maxTextLength).replaceAll('\0', ' ').toWellFormed();
}
