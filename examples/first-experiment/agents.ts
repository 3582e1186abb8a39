/**
 * Two versions of a small support agent that says which team a question belongs to. They stand for yours: anything
 * that answers `POST {input}` with `{output}`. `node examples/first-experiment/agents.ts` serves them.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** The first pattern that is found names the team. */
const versions: Record<string, [pattern: RegExp, team: string][]> = {
  '/v1': [
    [/refund|money back/i, 'returns'],
    [/deliver|ship|parcel|package/i, 'shipping'],
    [/invoice|charge|bill/i, 'billing'],
    [/password|log ?in|email|account/i, 'account'],
  ],
  // Version 2 knows more words, and trips over two that have two meanings: "card" and "return".
  '/v2': [
    [/refund|money back|return|sen[dt] back|exchange|swap/i, 'returns'],
    [/invoice|charge|bill|payment|pay by|card|vat|receipt/i, 'billing'],
    [/deliver|ship|parcel|package|track|courier|arrived|where is my/i, 'shipping'],
    [/password|log ?in|email|account|sign in|profile|username|two-factor/i, 'account'],
  ],
};

/** The team that a version sends a question to. */
export function route(version: string, question: string): string {
  return versions[version]?.find(([pattern]) => pattern.test(question))?.[1] ?? 'general';
}

/** Serves both versions on this machine: `/v1` and `/v2`. */
export async function serveAgents(port: number): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer(async (request, response) => {
    const { input } = (await json(request)) as { input: string };
    const body = JSON.stringify({ output: route(request.url ?? '', input) });
    response
      .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
      .end(body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

if (import.meta.main) {
  const { port } = await serveAgents(Number(process.argv[2] ?? 4501));
  console.log(`two agents on http://127.0.0.1:${port}/v1 and /v2; Ctrl-C ends them`);
}
