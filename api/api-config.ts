import type { NativeConnectionOptions } from '@temporalio/worker';
import type { S3Options } from '../store/attachments/s3-objects.ts';

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
  /** Where the data plane keeps what outlives Postgres: its snapshot and its spool. Absent = in memory only. */
  dataDir?: string | undefined;
  /** The operator's list of token prices, YAML or JSON. */
  pricesFile?: string | undefined;
  /** The bucket that attachments are kept in; absent = in Postgres. */
  attachments?: S3Options | undefined;
  /** Largest attachment. @default 25 MB */
  attachmentLimitBytes?: number | undefined;
}
