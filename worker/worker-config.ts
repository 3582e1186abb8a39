import type { NativeConnectionOptions } from '@temporalio/worker';
import type { S3Options } from '../store/attachments/s3-objects.ts';

export interface WorkerConfig {
  databaseUrl: string;
  temporalNamespace: string;
  /** Address, TLS, API key and the like. */
  temporalConnection: NativeConnectionOptions;
  /** Where the compiled workflow bundle is kept. */
  cacheDir: string;
  /** sluice.config.ts; may be absent. */
  functionsFile: string;
  /** Which addresses agents may have. */
  allowedNetworks: 'loopback' | 'private' | 'public';
  /** Whether `exec` agents may be started. */
  allowExec: boolean;
  resolveSecret(name: string): string | undefined;
  /** The bucket that attachments are kept in; absent = in Postgres. */
  attachments?: S3Options | undefined;
  /** How long calls in flight may still take when the worker is told to stop. */
  shutdownGraceMs: number;
  onReady?: () => void;
}
