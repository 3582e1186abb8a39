/** First 500 characters, storable in Postgres. */
export function cleanMessage(text: string): string {
  return String(text).slice(0, 500).toWellFormed().replaceAll('\u0000', '\ufffd');
}
