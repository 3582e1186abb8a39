import type { ConnectionOptions } from '@temporalio/client';

export interface ApiConfig {
  databaseUrl: string;
  temporalAddress: string;
  temporalNamespace: string;
  /** TLS, API key and the like, from TEMPORAL_* variables. */
  temporalConnection: Omit<ConnectionOptions, 'address'>;
  host: string;
  /** 0 = a free one. */
  port: number;
  auditKey: string;
  log: boolean;
}
