import type { Dispatcher } from 'undici';

/** Largest part read of an answer that is no success: enough for a message, and to keep the connection. */
const maxErrorBytes = 16 * 1024;

export interface ExchangeRequest {
  path: string;
  /** name, value, name, value, … */
  headers: string[];
  body: string;
  /** Connecting, sending and the whole answer together. */
  timeoutMs: number;
  /** Largest answer read, as it comes over the wire. */
  maxBytes: number;
  signal: AbortSignal | undefined;
}

/** What came back. Never rejected: everything that can happen to a call is told here. */
export interface Exchanged {
  ended: 'complete' | 'timeout' | 'too_large' | 'error' | 'aborted';
  /** 0 when no status line came. */
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /** The body; what was read of it when the status is no success; empty when a success was cut off. */
  body: Buffer;
  /** Bytes of the body read, or announced when that was already too much. */
  bytes: number;
  /** False when no connection was made, so that nothing reached the other side. */
  sent: boolean;
  error: Error | undefined;
  latencyMs: number;
}

/**
 * One POST over a pool: one timer for all of it, and a body that is read only up to the cap. At either limit the
 * socket is destroyed, so that nothing more is received. Redirects are not followed.
 *
 * Uses `dispatch`, not `request`: no stream and no promise per chunk, which halves the processor time of a call.
 */
export function httpExchange(dispatcher: Dispatcher, request: ExchangeRequest): Promise<Exchanged> {
  return new Promise((resolve) => {
    new Exchange(dispatcher, request, resolve);
  });
}

const empty = Buffer.alloc(0);

class Exchange implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | null = null;
  private ended: Exchanged['ended'] | null = null;
  private status = 0;
  private headers: Exchanged['headers'] = {};
  private chunks: Buffer[] = [];
  private bytes = 0;
  private maxBytes: number;
  private readonly startedAt = performance.now();
  private readonly timer: NodeJS.Timeout;
  private readonly signal: AbortSignal | undefined;
  private readonly resolve: (exchanged: Exchanged) => void;
  private readonly onAbort = () => this.end('aborted');

  constructor(dispatcher: Dispatcher, request: ExchangeRequest, resolve: (exchanged: Exchanged) => void) {
    this.resolve = resolve;
    this.maxBytes = request.maxBytes;
    this.signal = request.signal;
    this.timer = setTimeout(onTimeout, request.timeoutMs, this);
    request.signal?.addEventListener('abort', this.onAbort);
    dispatcher.dispatch({ path: request.path, method: 'POST', headers: request.headers, body: request.body }, this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    // The call may have ended while it waited for its connection: then it must not be sent any more.
    if (this.ended !== null) controller.abort(new Error('call has ended'));
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Exchanged['headers']): void {
    if (status < 200) return;
    this.status = status;
    this.headers = headers;
    if (status >= 300) this.maxBytes = maxErrorBytes;
    const announced = Number(headers['content-length']);
    if (announced > this.maxBytes) {
      this.bytes = announced;
      this.end('too_large');
    }
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.ended !== null) return;
    this.bytes += chunk.length;
    if (this.bytes > this.maxBytes) {
      this.chunks.push(chunk.subarray(0, chunk.length - (this.bytes - this.maxBytes)));
      this.end('too_large');
    } else {
      this.chunks.push(chunk);
    }
  }

  onResponseEnd(): void {
    this.end('complete');
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    this.end('error', error);
  }

  end(ended: Exchanged['ended'], error?: Error): void {
    if (this.ended !== null) return;
    this.ended = ended;
    clearTimeout(this.timer);
    this.signal?.removeEventListener('abort', this.onAbort);
    if (ended === 'timeout' || ended === 'too_large' || ended === 'aborted') {
      this.controller?.abort(new Error('call has ended'));
    }
    // A cut-off answer is not looked at; one that is no success is quoted.
    const chunks = ended === 'complete' || this.status >= 300 ? this.chunks : [];
    this.chunks = [];
    const exchanged: Exchanged = {
      ended,
      status: this.status,
      headers: this.headers,
      body: chunks.length === 1 ? (chunks[0] as Buffer) : chunks.length === 0 ? empty : Buffer.concat(chunks),
      bytes: this.bytes,
      sent: this.controller !== null,
      error,
      latencyMs: performance.now() - this.startedAt,
    };
    if (ended !== 'complete') {
      this.resolve(exchanged);
      return;
    }
    // undici frees the connection in the turn of the event loop that follows. A caller who goes on before that would
    // get a second connection, which agents that serve one connection at a time never answer.
    queueMicrotask(() => setImmediate(this.resolve, exchanged));
  }
}

function onTimeout(exchange: Exchange): void {
  exchange.end('timeout');
}
