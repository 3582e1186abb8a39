import type { Pool } from 'pg';
import { commitScores, type ScoreOfTrial } from '../../store/scoring/commit-scores.ts';
import type { ShardOrders } from '../../store/shards/read-shard-orders.ts';
import { cleanMessage } from '../lanes/clean-message.ts';
import { untilStored } from '../lanes/until-stored.ts';

interface Waiting {
  score: ScoreOfTrial;
  done: (orders: ShardOrders) => void;
  failed: (error: unknown) => void;
}

const maxGroup = 1_000;

/** Commits the scores of one shard in groups: while one group is being committed the next one gathers. */
export class ScoreWriter {
  readonly #pool: Pool;
  readonly #place: { scoringId: string; shard: number; projectId: string };
  #queue: Waiting[] = [];
  #committing = false;

  constructor(pool: Pool, place: { scoringId: string; shard: number; projectId: string }) {
    this.#pool = pool;
    this.#place = place;
  }

  /** Resolves when the row is durable, with what the attempt must heed. Outlasts a restart of Postgres. */
  commit(score: ScoreOfTrial): Promise<ShardOrders> {
    return new Promise((done, failed) => {
      this.#queue.push({ score, done, failed });
      // The next turn of the event loop: judgements that came together are committed together.
      if (!this.#committing) setImmediate(() => void this.#drain());
    });
  }

  async #drain(): Promise<void> {
    if (this.#committing) return;
    this.#committing = true;
    try {
      while (this.#queue.length > 0) await this.#commitGroup(this.#queue.splice(0, maxGroup));
    } finally {
      this.#committing = false;
    }
  }

  async #commitGroup(group: Waiting[]): Promise<void> {
    try {
      const scores = group.map((one) => one.score);
      const orders = await untilStored(() => commitScores(this.#pool, { ...this.#place, scores }));
      for (const one of group) one.done(orders);
    } catch (error) {
      const [only] = group;
      if (group.length > 1) {
        // One row that Postgres refuses must not take its neighbours with it.
        for (const one of group) await this.#commitGroup([one]);
      } else if (only && only.score.detail !== null) {
        only.score = refused(only.score, error);
        await this.#commitGroup([only]);
      } else {
        for (const one of group) one.failed(error);
      }
    }
  }
}

/** A judgement that Postgres does not take, as a missing score that says so. */
function refused(score: ScoreOfTrial, error: unknown): ScoreOfTrial {
  const why = error instanceof Error ? error.message : String(error);
  return {
    ...score,
    score: null,
    detail: null,
    cacheKey: null,
    error: cleanMessage(`the judgement could not be stored as JSON: ${why}`),
  };
}
