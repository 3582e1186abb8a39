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
  /** Networks that the API may call: agents and receivers of webhooks. @default loopback */
  allowedNetworks?: 'loopback' | 'private' | 'public' | undefined;
  /** Where persons reach the API, for links in webhooks. @default the address it listens on */
  publicUrl?: string | undefined;
  /** Where the data plane keeps what outlives Postgres: its snapshot and its spool. Absent = in memory only. */
  dataDir?: string | undefined;
  /** sluice.config.ts, for agents that are functions. */
  functionsFile?: string | undefined;
  /** Whether the gateway may start `exec` agents. @default false */
  allowExec?: boolean | undefined;
  /** The value of a named secret, for agents that the gateway calls. */
  resolveSecret?: ((name: string) => string | undefined) | undefined;
  /** The operator's list of token prices, YAML or JSON. */
  pricesFile?: string | undefined;
  /** The bucket that attachments are kept in; absent = in Postgres. */
  attachments?: S3Options | undefined;
  /** Largest attachment. @default 25 MB */
  attachmentLimitBytes?: number | undefined;
}
