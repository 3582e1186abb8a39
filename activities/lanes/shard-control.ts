import { cancellationSignal } from '@temporalio/activity';
import type { ShardOrders } from '../../store/shards/read-shard-orders.ts';

/** Why lanes stop before their shard is finished. */
export interface Ended<More extends string = never> {
  outcome: 'paused' | 'aborted' | 'superseded' | 'over_budget' | More;
  message?: string;
}

/** A worker is ended by force 10 s after its activities were cancelled. */
const cutAfterMs = 5_000;
const lookEveryMs = 1_000;

/**
 * When the lanes of a shard are to stop: at a command, when a later attempt took the shard over, when the worker shuts
 * down, or when the lanes themselves say so. `close` it at the end.
 */
export class ShardControl<More extends string = never> {
  /** The first reason to take nothing new; null while the lanes go on. */
  ended: Ended<More> | null = null;
  readonly #stop = new AbortController();
  readonly #cut = new AbortController();
  readonly #cancelled = cancellationSignal();
  readonly #fence: number;
  readonly #look: NodeJS.Timeout;
  #cutting: NodeJS.Timeout | undefined;

  /** @param readOrders Asked every second: calls may take minutes, and no commit tells of a command then. */
  constructor(begun: ShardOrders, readOrders: () => Promise<ShardOrders>) {
    this.#fence = begun.fence;
    this.heed(begun);
    this.#cancelled.addEventListener('abort', this.#onCancel);
    if (this.#cancelled.aborted) this.#onCancel();
    this.#look = setInterval(() => {
      void readOrders().then(
        (orders) => this.heed(orders),
        () => {},
      );
    }, lookEveryMs);
  }

  /** Lanes that wait for a limit or between attempts stop at once; calls in flight are let finish. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Ends the calls in flight too: the worker must go. The next attempt makes them again, and counts them. */
  get cut(): AbortSignal {
    return this.#cut.signal;
  }

  end(reason: Ended<More>): void {
    this.ended ??= reason;
    this.#stop.abort(new Error(reason.outcome));
  }

  heed({ fence, intent }: ShardOrders): void {
    if (fence !== this.#fence) this.end({ outcome: 'superseded' });
    else if (intent === 'pause') this.end({ outcome: 'paused' });
    else if (intent === 'abort') this.end({ outcome: 'aborted' });
  }

  /** @throws when the activity was cancelled, which is no outcome of the shard */
  throwIfCancelled(): void {
    this.#cancelled.throwIfAborted();
  }

  close(): void {
    clearInterval(this.#look);
    clearTimeout(this.#cutting);
    this.#cancelled.removeEventListener('abort', this.#onCancel);
  }

  // Finish what is in flight, take nothing new; what does not end is cut off before the worker is ended by force.
  readonly #onCancel = () => {
    this.end({ outcome: 'superseded' });
    this.#cutting = setTimeout(() => this.#cut.abort(new Error('the worker stops')), cutAfterMs);
  };
}
