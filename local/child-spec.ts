import { createHash } from 'node:crypto';
import type { StopRule } from './stop-process.ts';

export type ChildRole = 'postgres' | 'temporal' | 'api' | 'worker';

/** One process of the stack: how it is started, known to be ready, and ended. */
export interface ChildSpec {
  /** Unique in the stack; also the name of its log. */
  readonly name: string;
  readonly role: ChildRole;
  readonly command: string;
  readonly args: readonly string[];
  /** On top of this process's environment; undefined removes a variable. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Another user to run as (only root can). */
  readonly uid?: number;
  readonly gid?: number;
  readonly port: number | null;
  /** Of the code it runs: a child left by an earlier supervisor is taken over only if nothing of this changed. */
  readonly version: string;
  readonly stop: StopRule;
  /** How long it may take from its start until `isReady`. */
  readonly readyTimeoutMs: number;
  readonly isReady: () => Promise<boolean>;
  /** For a child found running: is it worth keeping? Default `isReady`. */
  readonly isHealthy?: () => Promise<boolean>;
  /** Runs before every start of the process. */
  readonly beforeStart?: () => Promise<void>;
}

/** Equal for two specs that start the same program in the same way. Holds no secret, though `env` may. */
export function fingerprintOf(spec: ChildSpec): string {
  const env = Object.entries(spec.env).sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = [spec.command, spec.args, env, spec.cwd, spec.uid, spec.gid, spec.version];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
