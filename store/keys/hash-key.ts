import { hash } from 'node:crypto';

/** What is stored of an API key. Keys carry 160 random bits, so a plain SHA-256 cannot be searched back. */
export function hashKey(apiKey: string): Uint8Array {
  return hash('sha256', apiKey, 'buffer');
}
