import type { NativeConnectionOptions } from '@temporalio/worker';

export interface ApiConfig {
  databaseUrl: string;
  temporalNamespace: string;
  /** Address, TLS, API key and the like. */
  temporalConnection: NativeConnectionOptions;
  host: string;
  /** 0 = a free one. */
  port: number;
  auditKey: string;
  log: boolean;
}
