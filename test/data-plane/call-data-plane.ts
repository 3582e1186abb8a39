/** Posts JSON to the data plane. @param options.key @default one of the role ingest */
export async function callDataPlane(
  api: { url: string; keys: { ingest: string } },
  path: string,
  body: object,
  options: { key?: string } = {},
): Promise<{ status: number; json: unknown }> {
  const response = await fetch(`${api.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${options.key ?? api.keys.ingest}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, json: await response.json() };
}
