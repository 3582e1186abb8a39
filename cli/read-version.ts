import { existsSync, readFileSync } from 'node:fs';

/** The version in package.json, found from the sources and from the compiled package alike. */
export function readVersion(): string {
  const candidates = ['../package.json', '../../package.json'].map((path) => new URL(path, import.meta.url));
  const file = candidates.find((url) => existsSync(url));
  return file ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version : '0.0.0';
}
