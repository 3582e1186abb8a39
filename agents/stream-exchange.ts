import type { Dispatcher } from 'undici';
import { EventFramer } from './event-framer.ts';
import type { Way } from './http-endpoint.ts';
import type { Exchanged } from './http-exchange.ts';

/** Largest part read of an answer that is no success. */
const maxErrorBytes = 16 * 1024;

/** What the first events of a stream say about it. */
export type Beginning = 'nothing_yet' | 'answers' | 'fails';

/** Where a stream goes once it has begun. */
export interface StreamSink {
  /** Whole events as they came. @returns false when nothing more should come until `resume` */
  write(events: Buffer): boolean;
  /** Nothing more comes. `complete` is the end that the sender meant, as far as HTTP can tell. */
  end(exchanged: Exchanged): void;
}

/** A stream of events that has begun to answer; nothing of it is lost before `pipe`. */
export interface OpenedStream {
  readonly kind: 'stream';
  readonly headers: Exchanged['headers'];
  /** From sending to the first event that answers. */
  readonly firstTokenMs: number;
  /** Hands on what came so far, then all that comes. */
  pipe(sink: StreamSink): void;
  /** The sink has room again. */
  resume(): void;
  /** Nobody reads it any more. */
  cancel(): void;
}

/** No stream: the exchange as it ended, complete or not. */
export interface NotStreamed {
  readonly kind: 'whole';
  readonly exchanged: Exchanged;
}

/**
 * One POST whose answer is passed on while it comes. Resolves when `judge` sees the stream begin to answer, so that until then
 * another can be asked in its place; else with the exchange as it ended. `timeoutMs` is the longest wait for that beginning, and
 * after it for each further piece.
 */
export function streamExchange(
  way: Way,
  request: { body: string; signal: AbortSignal | undefined; judge: (events: Buffer) => Beginning },
): Promise<OpenedStream | NotStreamed> {
  return new Promise((resolve) => {
    new StreamExchange(way, request, resolve);
  });
}

class StreamExchange implements Dispatcher.DispatchHandler, OpenedStream {
  readonly kind = 'stream';
  headers: Exchanged['headers'] = {};
  firstTokenMs = 0;
  private controller: Dispatcher.DispatchController | null = null;
  private ended: Exchanged | null = null;
  private status = 0;
  private isStream = false;
  private hasBegun = false;
  private held: Buffer[] = [];
  private bytes = 0;
  private maxBytes: number;
  private sink: StreamSink | null = null;
  private readonly framer = new EventFramer();
  private readonly startedAt = performance.now();
  private readonly timer: NodeJS.Timeout;
  private readonly signal: AbortSignal | undefined;
  private readonly judge: (events: Buffer) => Beginning;
  private readonly resolve: (result: OpenedStream | NotStreamed) => void;
  private readonly onAbort = () => this.finish('aborted');

  constructor(
    way: Way,
    request: { body: string; signal: AbortSignal | undefined; judge: (events: Buffer) => Beginning },
    resolve: (result: OpenedStream | NotStreamed) => void,
  ) {
    this.resolve = resolve;
    this.judge = request.judge;
    this.signal = request.signal;
    this.maxBytes = way.maxBytes;
    this.timer = setTimeout(onTimeout, way.timeoutMs, this);
    if (request.signal?.aborted) {
      this.finish('aborted');
      return;
    }
    request.signal?.addEventListener('abort', this.onAbort);
    way.pool.dispatch({ path: way.path, method: 'POST', headers: way.headers, body: request.body }, this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.ended !== null) controller.abort(new Error('call has ended'));
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Exchanged['headers']): void {
    if (status < 200) return;
    this.status = status;
    this.headers = headers;
    this.isStream =
      status < 300 &&
      headers['content-encoding'] === undefined &&
      String(headers['content-type']).startsWith('text/event-stream');
    if (status >= 300) this.maxBytes = maxErrorBytes;
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.ended !== null) return;
    this.bytes += chunk.length;
    if (!this.isStream) {
      if (this.bytes > this.maxBytes) this.finish('too_large');
      else this.held.push(chunk);
      return;
    }
    const events = this.framer.push(chunk);
    if (this.framer.rest.length > this.maxBytes) this.finish('too_large');
    if (this.hasBegun) this.timer.refresh();
    if (events.length === 0) return;
    if (this.sink !== null) {
      if (!this.sink.write(events)) this.pause();
      return;
    }
    this.held.push(events);
    if (this.hasBegun) return;
    const beginning = this.judge(events);
    if (beginning === 'fails') {
      this.finish('complete');
      this.abort();
    }
    if (beginning === 'answers') this.begin();
    else if (this.bytes > this.maxBytes) this.finish('too_large');
  }

  onResponseEnd(): void {
    // Some servers leave out the empty line after the last event.
    const { rest } = this.framer;
    if (this.isStream && rest.length > 0 && rest.toString('utf8').trim() === 'data: [DONE]') {
      const last = Buffer.from('data: [DONE]\n\n');
      if (this.sink === null) this.held.push(last);
      else this.sink.write(last);
    }
    this.finish('complete');
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    this.finish('error', error);
  }

  finish(ended: Exchanged['ended'], error?: Error): void {
    if (this.ended !== null) return;
    clearTimeout(this.timer);
    this.signal?.removeEventListener('abort', this.onAbort);
    this.ended = {
      ended,
      status: this.status,
      headers: this.headers,
      body: this.hasBegun ? Buffer.alloc(0) : Buffer.concat(this.held),
      bytes: this.bytes,
      sent: this.controller !== null,
      error,
      latencyMs: performance.now() - this.startedAt,
    };
    if (ended !== 'error' && ended !== 'complete') this.abort();
    if (!this.hasBegun) this.resolve({ kind: 'whole', exchanged: this.ended });
    else this.sink?.end(this.ended);
  }

  pipe(sink: StreamSink): void {
    this.sink = sink;
    let hasRoom = true;
    for (const events of this.held) hasRoom = sink.write(events);
    this.held = [];
    if (this.ended !== null) sink.end(this.ended);
    else if (!hasRoom) this.pause();
  }

  resume(): void {
    if (this.ended !== null) return;
    this.timer.refresh();
    this.controller?.resume();
  }

  cancel(): void {
    this.finish('aborted');
  }

  private begin(): void {
    this.hasBegun = true;
    this.firstTokenMs = performance.now() - this.startedAt;
    this.timer.refresh();
    this.resolve(this);
  }

  private pause(): void {
    this.controller?.pause();
  }

  private abort(): void {
    this.controller?.abort(new Error('call has ended'));
  }
}

function onTimeout(exchange: StreamExchange): void {
  exchange.finish('timeout');
}
