import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A system that answered these questions before: `POST /NAME {input: QUESTION}` gives what NAME said then. */
export async function startRecordedAgent(
  answers: Record<string, ReadonlyMap<string, string>>,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { input } = JSON.parse(Buffer.concat(chunks).toString()) as { input: string };
    const output = answers[request.url?.slice(1) ?? '']?.get(input);
    const body = JSON.stringify(output === undefined ? { error: 'never asked that' } : { output });
    response
      .writeHead(output === undefined ? 404 : 200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      })
      .end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
