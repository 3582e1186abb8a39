/**
 * Counts, for each run, the calls of an endpoint in a row that reached nobody: over all its variants and all shards of
 * this worker, since a shard may be too short to tell an agent that is gone from one that stumbled.
 */
export class UnreachableStreaks {
  readonly #inARow = new Map<string, number>();

  /** @returns How many in a row it is with this call. */
  note(runId: string, endpoint: string, unreachable: boolean): number {
    const key = `${runId} ${endpoint}`;
    if (!unreachable) {
      this.#inARow.delete(key);
      return 0;
    }
    const inARow = (this.#inARow.get(key) ?? 0) + 1;
    this.#inARow.set(key, inARow);
    return inARow;
  }
}
