const maxPathLength = 200;

/** A URL as messages may show it: without user, password and query, which may hold secrets. */
export function showUrl(url: URL): string {
  const path = url.pathname.length > maxPathLength ? `${url.pathname.slice(0, maxPathLength)}…` : url.pathname;
  return `${url.protocol}//${url.host}${path}${url.search === '' ? '' : '?…'}`;
}
