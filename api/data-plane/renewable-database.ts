import type { Store } from '../../store/open-database.ts';
import { openDatabase } from '../../store/open-database.ts';

/** Connections of the data plane's own: busy or stuck ones of the rest of the API do not hold it up. */
export interface RenewableDatabase {
  readonly db: Store;
  /** A query was not answered in time: what comes next gets new connections, since the old ones may never wake up. */
  renewAfter(error: unknown): void;
  close(): Promise<void>;
}

const queryTimeoutMs = 5_000;
const renewEveryMs = 15_000;

/** Opens them. A server that falls silent without closing its connections is noticed after 5 s. */
export function openRenewable(databaseUrl: string): RenewableDatabase {
  const open = () => openDatabase({ databaseUrl, connections: 4, name: 'sluice-data-plane', queryTimeoutMs });
  let current = open();
  let renewedAt = Number.NEGATIVE_INFINITY;
  return {
    get db() {
      return current.db;
    },
    renewAfter(error) {
      if (!(error instanceof Error) || !/query read timeout/i.test(error.message)) return;
      if (performance.now() - renewedAt < renewEveryMs) return;
      renewedAt = performance.now();
      void current.close().catch(() => {});
      current = open();
    },
    close: async () => {
      await Promise.race([current.close(), new Promise((resolve) => setTimeout(resolve, 2_000).unref())]);
    },
  };
}
