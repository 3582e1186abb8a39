const attempts = 5;

/** Does a transaction again that Postgres ended because of a deadlock: rare, and the second time there is none. */
export async function untilNotDeadlocked<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === attempts || (error as { code?: unknown }).code !== '40P01') throw error;
    }
  }
}
