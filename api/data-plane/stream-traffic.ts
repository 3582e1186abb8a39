import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import { type LiveAgent, leasedSplit } from './live-agent.ts';

const heartbeatMs = 5_000;
/** A reader that falls this far behind is cut off: it comes again and gets the newest. */
const mostBehindBytes = 262_144;

/**
 * Sends an agent's split as server-sent events: at once, at every change and at every renewal of its lease; an event `ping`
 * every 5 s. `sentAtMs` is a monotonic clock of this stream, so that a reader can tell a message that was long under way from
 * a fresh one. Ends when the reader goes or `signal` aborts.
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
    ...(reply.getHeaders() as OutgoingHttpHeaders),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
    connection: 'keep-alive',
  });
  const write = (text: string): void => {
    if (raw.writableLength > mostBehindBytes) raw.destroy();
    else raw.write(text);
  };
  const openedAt = performance.now();
  const sentAtMs = (): number => Math.floor(performance.now() - openedAt);
  const send = (): void => {
    const live = input.read();
    if (live)
      write(`id: ${live.split.revision}\ndata: ${JSON.stringify({ ...leasedSplit(live), sentAtMs: sentAtMs() })}\n\n`);
  };
  const stopListening = input.onChange(send);
  const heartbeat = setInterval(() => write(`event: ping\ndata: {"sentAtMs":${sentAtMs()}}\n\n`), heartbeatMs);
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
