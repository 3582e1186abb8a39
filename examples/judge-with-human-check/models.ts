/**
 * Stands for three models in this example, so that it runs without a key: an endpoint that speaks OpenAI's chat
 * completions. `curt-1` and `kind-1` answer customers; `judge-1` says whether an answer helps, and believes every promise.
 * Point `baseUrl` at a real endpoint.
 */
import { createServer } from 'node:http';

interface Chat {
  model: string;
  messages: { role: string; content: string }[];
}

const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const { model, messages } = JSON.parse(body) as Chat;
  const content = model === 'judge-1' ? judge(messages) : answer(model, messages.at(-1)?.content ?? '');
  const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }];
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ id: 'chat-1', object: 'chat.completion', model, choices, usage: {} }));
});

/** The curt model has no words for what it was not asked with an order number. */
function answer(model: string, message: string): string {
  const order = /\d+/.exec(message)?.[0];
  if (order !== undefined) return `Order ${order} leaves tomorrow; I have written to you with the link.`;
  return model === 'curt-1' ? 'See our web page.' : 'I am sorry about that. Tell me your order number and I will look.';
}

function judge(messages: Chat['messages']): string {
  const label = messages.at(-1)?.content.includes('web page') ? 'unhelpful' : 'helpful';
  return JSON.stringify({ explanation: 'It does or does not offer a next step.', label });
}

server.listen(Number(process.argv[2] ?? 4504), '127.0.0.1', () => {
  const address = server.address();
  console.log(`listening on http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/v1`);
});
process.once('SIGTERM', () => server.close());
