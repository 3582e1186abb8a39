import type { FastifyReply } from 'fastify';
import { type LiveAgent, leasedSplit } from './live-agent.ts';

const heartbeatMs = 10_000;
/** A reader that falls this far behind is cut off: it comes again and gets the newest. */
const mostBehindBytes = 262_144;

/**
 * Sends an agent's split as server-sent events: at once, at every change and at every renewal of its lease; a comment every 10 s. Ends
 * when the reader goes or `signal` aborts.
 */
export function streamTraffic(
  reply: FastifyReply,
  input: {
    read(): LiveAgent | undefined;
    onChange(listener: () => void): () => void;
    signal: AbortSignal;
  },
): void {
  const { raw } = reply.hijack();
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
    connection: 'keep-alive',
  });
  const write = (text: string): void => {
    if (raw.writableLength > mostBehindBytes) raw.destroy();
    else raw.write(text);
  };
  const send = (): void => {
    const live = input.read();
    if (live) write(`id: ${live.split.revision}\ndata: ${JSON.stringify(leasedSplit(live))}\n\n`);
  };
  const stopListening = input.onChange(send);
  const heartbeat = setInterval(() => write(': still here\n\n'), heartbeatMs);
  const end = (): void => void raw.end();
  input.signal.addEventListener('abort', end);
  raw.on('error', () => {});
  raw.on('close', () => {
    clearInterval(heartbeat);
    stopListening();
    input.signal.removeEventListener('abort', end);
  });
  send();
  if (input.signal.aborted) end();
}
