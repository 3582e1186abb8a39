import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { chatServer } from './chat-server.ts';
import { getWeights } from './get-weights.ts';
import { loadModel } from './load-model.ts';

const help = `npm start -- [--port N]     serves the model on 127.0.0.1, on a free port unless N is given
npm run weights             fetches the weights and ends`;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

try {
  await main();
} catch (error) {
  if (!stop.signal.aborted) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      'weights-only': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return console.log(help);
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535) {
    throw new Error(`--port: found ${JSON.stringify(values.port)}, expected a number from 0 (a free one) to 65535`);
  }
  const weights = await getWeights({ report: console.error, signal: stop.signal });
  if (values['weights-only']) return console.log(weights);
  const model = await loadModel(weights);
  const server = chatServer(model);
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening', { signal: stop.signal });
    console.log(`ready: http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`);
    if (!stop.signal.aborted) await once(stop.signal, 'abort');
  } finally {
    // Requests in flight get their answers; a second signal ends at once.
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    await closed;
    await model.close();
  }
}
