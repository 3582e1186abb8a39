import { blockEndpoint } from '../../store/limits/block-endpoint.ts';
import { leasePermits } from '../../store/limits/lease-permits.ts';
import { readBlock } from '../../store/limits/read-block.ts';
import { takeTokens } from '../../store/limits/take-tokens.ts';
import type { Store } from '../../store/open-database.ts';

export interface Limits {
  concurrency?: number | undefined;
  perSecond?: number | undefined;
}

const leaseTtlMs = 5_000;
const renewEveryMs = 1_000;
/** Waits that end so close together are one. */
const toldApartMs = 100;
/** How late a worker may hear of a Retry-After that another one got. */
const lookEveryMs = 1_000;

/**
 * Holds an endpoint's limits and its Retry-After across workers. `acquire` waits for leave to call;
 * what it returns gives the place back.
 */
export class EndpointLimiter {
  readonly #db: Store;
  readonly #endpoint: string;
  readonly #worker: string;
  readonly #limits: Limits;
  #inUse = 0;
  /** Callers that have no place yet. */
  #asking = 0;
  #permits = 0;
  #tokens = 0;
  #blockedUntil = 0;
  /** What other workers were told of it. */
  #toldUntil = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | null = null;
  #telling: Promise<void> | null = null;
  #waiting: (() => void)[] = [];
  #leasing: Promise<void> | null = null;
  #taking: Promise<void> | null = null;
  #renewal: NodeJS.Timeout | null = null;

  constructor(options: { db: Store; endpoint: string; worker: string; limits: Limits }) {
    this.#db = options.db;
    this.#endpoint = options.endpoint;
    this.#worker = options.worker;
    this.#limits = options.limits;
  }

  /** Nobody may call before `untilMs` (Date.now() time): a 429 said so. */
  block(untilMs: number): void {
    this.#blockedUntil = Math.max(this.#blockedUntil, untilMs);
    this.#tell();
  }

  /** All lanes are refused at once, and the wait of one is that of all: others hear of it once. */
  #tell(): void {
    const untilMs = this.#blockedUntil;
    if (this.#telling !== null || untilMs - this.#toldUntil < toldApartMs) return;
    this.#toldUntil = untilMs;
    this.#telling = blockEndpoint(this.#db, { endpoint: this.#endpoint, forMs: untilMs - Date.now() })
      .catch(() => {})
      .finally(() => {
        this.#telling = null;
        this.#tell();
      });
  }

  /** Whether other workers were told to wait. Only endpoints behind HTTP say so. */
  #look(): Promise<void> | null {
    if (this.#looking !== null || !this.#endpoint.startsWith('http')) return this.#looking;
    if (performance.now() - this.#lookedAt < lookEveryMs) return null;
    this.#looking = readBlock(this.#db, this.#endpoint)
      .then((ms) => {
        if (ms > 0) this.#blockedUntil = Math.max(this.#blockedUntil, Date.now() + ms);
      })
      .catch(() => {})
      .finally(() => {
        this.#lookedAt = performance.now();
        this.#looking = null;
      });
    return this.#looking;
  }

  async acquire(signal: AbortSignal): Promise<() => void> {
    // Only the first call waits for the answer; later ones learn of a block within a second.
    const looking = this.#look();
    if (looking !== null && this.#lookedAt === Number.NEGATIVE_INFINITY) await looking;
    while (this.#blockedUntil > Date.now()) {
      // Lanes come back spread over a tenth of the wait, not all at once.
      const waitMs = (this.#blockedUntil - Date.now()) * (1 + Math.random() / 10);
      await pause(Math.max(1, waitMs), signal);
    }
    if (this.#limits.concurrency !== undefined) await this.#place(signal);
    try {
      if (this.#limits.perSecond !== undefined) await this.#start(signal);
    } catch (error) {
      this.#release();
      throw error;
    }
    return () => this.#release();
  }

  async close(): Promise<void> {
    if (this.#renewal) clearInterval(this.#renewal);
    this.#renewal = null;
    await Promise.all([this.#looking, this.#telling]);
    if (this.#limits.concurrency !== undefined && this.#permits > 0) {
      this.#permits = 0;
      await this.#lease(0).catch(() => {});
    }
  }

  #release(): void {
    if (this.#limits.concurrency === undefined) return;
    this.#inUse -= 1;
    this.#waiting.shift()?.();
  }

  async #place(signal: AbortSignal): Promise<void> {
    this.#renewal ??= setInterval(() => void this.#renew(), renewEveryMs).unref();
    this.#asking += 1;
    try {
      while (this.#inUse >= this.#permits) {
        if (this.#permits < (this.#limits.concurrency ?? 0)) {
          const before = this.#permits;
          await this.#renew();
          if (this.#permits > before || this.#inUse < this.#permits) continue;
        }
        await this.#turn(signal);
        signal.throwIfAborted();
      }
      this.#inUse += 1;
    } finally {
      this.#asking -= 1;
    }
  }

  /** Waits until a place was given back, at most 250 ms. */
  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (after: () => void) => () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', stop);
        this.#waiting = this.#waiting.filter((one) => one !== wake);
        after();
      };
      const wake = settle(resolve);
      const stop = settle(() => reject(signal.reason));
      const timer = setTimeout(wake, 250);
      this.#waiting.push(wake);
      signal.addEventListener('abort', stop, { once: true });
    });
  }

  /** Asks for what is needed now, no more: a worker that is done must not keep others waiting for its places. */
  #renew(): Promise<void> {
    if (this.#leasing) return this.#leasing;
    const wanted = Math.min(this.#limits.concurrency ?? 0, this.#inUse + this.#asking);
    // What is given back may be another worker's before the answer is here.
    this.#permits = Math.min(this.#permits, wanted);
    this.#leasing = this.#lease(wanted)
      .then((permits) => {
        this.#permits = permits;
        for (const wake of this.#waiting.splice(0, Math.max(0, permits - this.#inUse))) wake();
        if (permits > 0 || this.#asking > 0 || !this.#renewal) return;
        clearInterval(this.#renewal);
        this.#renewal = null;
      })
      .catch(() => {})
      .finally(() => {
        this.#leasing = null;
      });
    return this.#leasing;
  }

  #lease(wanted: number): Promise<number> {
    return leasePermits(this.#db, {
      endpoint: this.#endpoint,
      worker: this.#worker,
      wanted,
      inUse: this.#inUse,
      limit: this.#limits.concurrency ?? 0,
      ttlMs: leaseTtlMs,
    });
  }

  async #start(signal: AbortSignal): Promise<void> {
    const perSecond = this.#limits.perSecond ?? 1;
    while (this.#tokens < 1) {
      let waitMs = 0;
      this.#taking ??= takeTokens(this.#db, {
        endpoint: this.#endpoint,
        wanted: Math.max(1, Math.floor(perSecond / 5)),
        perSecond,
      })
        .then((taken) => {
          this.#tokens += taken.granted;
          waitMs = taken.waitMs;
        })
        .catch(() => {
          waitMs = 200;
        })
        .finally(() => {
          this.#taking = null;
        });
      await this.#taking;
      signal.throwIfAborted();
      if (this.#tokens < 1) await pause(Math.max(2, waitMs), signal);
    }
    this.#tokens -= 1;
  }
}

/** Waits; rejects at once when `signal` aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}
