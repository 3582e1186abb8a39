/**
 * Stands for a model in this example, so that it runs without a key: an endpoint that speaks OpenAI's chat completions.
 * It "follows" its system prompt: told to answer with one word, it does; else it chats. Point `baseUrl` at a real one.
 */
import { createServer } from 'node:http';

const moods: [RegExp, string][] = [
  [/love|great|perfect|thank|fast|happy/i, 'positive'],
  [/broken|late|never|worst|rude|refund/i, 'negative'],
];

const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const { model, messages } = JSON.parse(body) as { model: string; messages: { role: string; content: string }[] };
  const system = messages.find(({ role }) => role === 'system')?.content ?? '';
  const text = messages.at(-1)?.content ?? '';
  const mood = moods.find(([words]) => words.test(text))?.[1] ?? 'neutral';
  const content = /one word/i.test(system) ? mood : `I would say this review sounds ${mood}.`;
  const usage = { prompt_tokens: count(system) + count(text), completion_tokens: count(content) };
  const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }];
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ id: 'chat-1', object: 'chat.completion', model, choices, usage }));
});
const count = (words: string) => words.split(/\s+/).filter(Boolean).length;

server.listen(Number(process.argv[2] ?? 4503), '127.0.0.1', () => {
  const address = server.address();
  console.log(`listening on http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/v1`);
});
process.once('SIGTERM', () => server.close());
