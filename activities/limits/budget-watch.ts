import type { Plan } from '../../schema/contracts/plan.ts';
import type { Store } from '../../store/open-database.ts';
import { type RunBudget, readBudget } from '../../store/runs/read-budget.ts';

/** Most runs kept; one that made room is read again when it is asked for. */
const maxRuns = 100;

interface Watched {
  /** As last read; null before. */
  budget: RunBudget | null;
  beganAtMs: number;
  endedAtMs: number;
  /** Committed by this worker since the read of `budget` began: that read may have seen a part of it. */
  sinceUsd: number;
  /** The same of the read that is on its way. */
  duringUsd: number;
  reading: Promise<void> | null;
}

/**
 * Whether runs have spent their budgets. A worker reads the sums of a run every `everyMs` only, since of a large run they
 * are over thousands of shards; what this worker commits in between counts at once. So with one worker the overshoot is
 * at most the calls in flight; with several, also what the others commit in `everyMs` and the time of a read. A run is
 * ended on nothing but sums read after the question: never too early, and by the cap in force.
 */
export class BudgetWatch {
  readonly #db: Store;
  readonly #everyMs: number;
  readonly #runs = new Map<string, Watched>();

  /** @param options.everyMs @default 100 */
  constructor(db: Store, options: { everyMs?: number } = {}) {
    this.#db = db;
    this.#everyMs = options.everyMs ?? 100;
  }

  /** Counts what a row cost that this worker has committed, before its lane asks again. */
  note(runId: string, costUsd: number | null): void {
    const run = this.#runs.get(runId);
    if (!run || costUsd === null) return;
    run.sinceUsd += costUsd;
    run.duringUsd += costUsd;
  }

  /** True when the run has a budget and what it stored has cost it. */
  async isSpent(runId: string, plan: Plan): Promise<boolean> {
    // Plans from before budgets have none.
    if ((plan.budget ?? null) === null) return false;
    const run = this.#watched(runId);
    const askedAtMs = performance.now();
    if (askedAtMs - run.endedAtMs >= this.#everyMs) await this.#read(runId, plan, run);
    for (;;) {
      const { spentUsd, capUsd } = run.budget ?? { spentUsd: 0, capUsd: 0 };
      if (spentUsd + run.sinceUsd < capUsd) return false;
      if (spentUsd >= capUsd && run.beganAtMs >= askedAtMs) return true;
      await this.#read(runId, plan, run);
    }
  }

  #watched(runId: string): Watched {
    const never = Number.NEGATIVE_INFINITY;
    const run = this.#runs.get(runId) ?? {
      budget: null,
      beganAtMs: never,
      endedAtMs: never,
      sinceUsd: 0,
      duringUsd: 0,
      reading: null,
    };
    this.#runs.delete(runId);
    this.#runs.set(runId, run);
    const [oldest] = this.#runs.keys();
    if (this.#runs.size > maxRuns && oldest !== undefined) this.#runs.delete(oldest);
    return run;
  }

  /** Lanes that ask at once share one read. */
  #read(runId: string, plan: Plan, run: Watched): Promise<void> {
    run.reading ??= this.#readAnew(runId, plan, run).finally(() => {
      run.reading = null;
    });
    return run.reading;
  }

  async #readAnew(runId: string, plan: Plan, run: Watched): Promise<void> {
    const beganAtMs = performance.now();
    run.duringUsd = 0;
    run.budget = await readBudget(this.#db, runId, plan);
    run.beganAtMs = beganAtMs;
    run.endedAtMs = performance.now();
    run.sinceUsd = run.duringUsd;
  }
}
