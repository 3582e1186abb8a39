/**
 * What was found, short enough for a message: in double quotes, control characters escaped, at most `limit`
 * characters of it and an ellipsis when there was more.
 */
export function quoteText(text: string, limit = 120): string {
  if (text.length <= limit) return JSON.stringify(text);
  // A cut through a surrogate pair would leave half a character, which Postgres refuses.
  return `${JSON.stringify(text.slice(0, limit).toWellFormed()).slice(0, -1)}…"`;
}
