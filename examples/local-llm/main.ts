import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { chatServer } from './chat-server.ts';
import { getWeights } from './get-weights.ts';
import { loadModel } from './load-model.ts';

const help = `npm start -- [--port N] [--threads N]
                   serves the model on 127.0.0.1, on a free port unless N is given; one thread by
                   default, since Sluice, Postgres and Temporal share the machine
npm run weights    fetches the weights and ends`;

const stop = new AbortController();
let toldAt = 0;
// `on`, not `once`: what node-llama-cpp brings along ends the process on a signal that nobody else listens to.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // A terminal and npm both pass Ctrl-C on: only a second one, later, is meant as one.
    if (stop.signal.aborted && Date.now() - toldAt > 500) process.exit(1);
    toldAt = Date.now();
    stop.abort();
  });
}

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
      threads: { type: 'string', default: '1' },
      'weights-only': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return console.log(help);
  const port = readWhole('--port', values.port, [0, 65_535]);
  const threads = readWhole('--threads', values.threads, [1, 64]);
  const weights = await getWeights({ report: console.error, signal: stop.signal });
  if (values['weights-only']) return console.log(weights);
  const model = await loadModel(weights, { threads });
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

function readWhole(option: string, text: string, [low, high]: [number, number]): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= low && number <= high) return number;
  throw new Error(`${option}: found ${JSON.stringify(text)}, expected a whole number from ${low} to ${high}`);
}
