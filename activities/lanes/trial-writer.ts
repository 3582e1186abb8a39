import type { Pool } from 'pg';
import type { ShardOrders } from '../../store/shards/read-shard-orders.ts';
import { commitTrials, type FinishedTrial } from '../../store/trials/commit-trials.ts';
import { untilStored } from './until-stored.ts';

interface Waiting {
  trial: FinishedTrial;
  bytes: number;
  done: (orders: ShardOrders) => void;
  failed: (error: unknown) => void;
}

const maxGroup = 200;
const maxGroupBytes = 4_194_304;

/**
 * Commits trials of all lanes of this worker in groups: while one group is being committed the next one gathers, so a
 * row waits for at most one commit before its own. One commit at a time: two could lock the same shards in opposite
 * orders.
 */
export class TrialWriter {
  readonly #pool: Pool;
  #queue: Waiting[] = [];
  #committing = false;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Resolves when the row is durable, with what the shard's attempt must heed. Outlasts a restart of Postgres. */
  commit(trial: FinishedTrial): Promise<ShardOrders> {
    return new Promise((done, failed) => {
      this.#queue.push({ trial, bytes: sizeOf(trial), done, failed });
      // The next turn of the event loop: answers that arrived together are committed together.
      if (!this.#committing) setImmediate(() => void this.#drain());
    });
  }

  async #drain(): Promise<void> {
    if (this.#committing) return;
    this.#committing = true;
    try {
      while (this.#queue.length > 0) await this.#commitGroup(this.#nextGroup());
    } finally {
      this.#committing = false;
    }
  }

  #nextGroup(): Waiting[] {
    let bytes = 0;
    let size = 0;
    for (const one of this.#queue) {
      bytes += one.bytes;
      if (size > 0 && (size >= maxGroup || bytes > maxGroupBytes)) break;
      size += 1;
    }
    return this.#queue.splice(0, size);
  }

  async #commitGroup(group: Waiting[]): Promise<void> {
    try {
      const orders = await untilStored(() =>
        commitTrials(
          this.#pool,
          group.map((one) => one.trial),
        ),
      );
      for (const one of group) one.done(orders.get(`${one.trial.runId}/${one.trial.shard}`) as ShardOrders);
    } catch (error) {
      const [only] = group;
      if (group.length > 1) {
        // One row that Postgres refuses must not take its neighbours with it.
        for (const one of group) await this.#commitGroup([one]);
      } else if (only && only.trial.output !== undefined) {
        only.trial = withoutOutput(only.trial, error);
        await this.#commitGroup([only]);
      } else {
        for (const one of group) one.failed(error);
      }
    }
  }
}

function withoutOutput(trial: FinishedTrial, error: unknown): FinishedTrial {
  return {
    ...trial,
    status: 'failed',
    errorClass: 'invalid_output',
    causedBy: 'agent',
    errorMessage: `the answer could not be stored as JSON: ${error instanceof Error ? error.message : error}`.slice(
      0,
      500,
    ),
    output: undefined,
    outputHash: null,
    trajectory: undefined,
    scores: [],
  };
}

function sizeOf({ output, trajectory }: FinishedTrial): number {
  const size = typeof output === 'string' ? output.length : (JSON.stringify(output)?.length ?? 0);
  return size + (trajectory === undefined ? 0 : JSON.stringify(trajectory).length) + 1_000;
}
