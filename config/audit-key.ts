import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from './config-error.ts';
import type { Config } from './read-config.ts';
import { writePrivateFile } from './write-private-file.ts';

/**
 * The key of the audit chain: `SLUICE_AUDIT_KEY`, or for the embedded default one of its own, kept beside its data and
 * outside the database it protects.
 *
 * @throws {ConfigError} when a production process has none
 */
export function auditKey(config: Config): string {
  if (config.auditKey) return config.auditKey;
  if (!config.local) {
    throw new ConfigError(
      'SLUICE_AUDIT_KEY is not set: without it nobody could tell an audit row from a forged one',
      'set SLUICE_AUDIT_KEY to a long random text, the same for every API process',
    );
  }
  const path = join(config.dataDir, 'audit-key.json');
  try {
    return JSON.parse(readFileSync(path, 'utf8')).key;
  } catch {
    const key = randomBytes(32).toString('hex');
    writePrivateFile(path, { key });
    return key;
  }
}
