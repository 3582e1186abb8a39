import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a stub judge is asked: the text of the message to a model, or the body sent to an `http` evaluator. */
export type JudgeRule = (asked: string) => string | number | null;

/**
 * A real judge behind HTTP, for tests:
 *
 * - `POST /v1/chat/completions`: a model that answers the label which the rule gives for the user's message, at a price
 *   of 11 and 7 tokens
 * - `POST /judge`: an `http` evaluator that answers `{score}` by the rule
 *
 * A rule that gives null has the call answered with 500.
 */
export interface StubJudge {
  url: string;
  calls(): number;
  /** Calls that asked the very same as an earlier one. */
  repeated(): number;
  /** Most calls that waited for their answer at one time. */
  mostAtOnce(): number;
  /** Answers by another rule, after so many ms. */
  become(rule: JudgeRule, ms?: number): void;
  close(): Promise<void>;
}

export async function startStubJudge(first: JudgeRule, firstMs = 0): Promise<StubJudge> {
  let [rule, ms] = [first, firstMs];
  let [calls, waiting, mostAtOnce] = [0, 0, 0];
  const seen = new Set<string>();
  const server = createServer(async (request, response) => {
    const body = await readBody(request);
    calls += 1;
    waiting += 1;
    mostAtOnce = Math.max(mostAtOnce, waiting);
    response.on('close', () => {
      waiting -= 1;
    });
    const isModel = request.url?.startsWith('/v1/chat/completions') ?? false;
    const asked = isModel ? (JSON.parse(body).messages as { content: string }[]).at(-1)?.content : body;
    // Material is fenced with an id of its own in every message.
    const content = String(asked).replaceAll(/ id="[^"]*"/g, '');
    seen.add(content);
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    const said = rule(content);
    const answer = isModel
      ? {
          choices: [{ message: { content: JSON.stringify({ explanation: 'as the rule says', label: said }) } }],
          usage: { prompt_tokens: 11, completion_tokens: 7 },
        }
      : { score: said };
    const text = JSON.stringify(said === null ? { error: 'no rule for this' } : answer);
    response.writeHead(said === null ? 500 : 200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
  });
  server.on('clientError', (_, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: () => calls,
    repeated: () => calls - seen.size,
    mostAtOnce: () => mostAtOnce,
    become(next, nextMs = 0) {
      [rule, ms] = [next, nextMs];
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => resolve(Buffer.concat(chunks).toString()));
  });
}
