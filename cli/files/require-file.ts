import { readdirSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, extname, resolve } from 'node:path';
import { closest, distance } from 'fastest-levenshtein';
import { typedIn } from '../../config/invocation.ts';
import { SluiceError } from '../../schema/errors.ts';

/** A file the user named, that is there. */
export interface NamedFile {
  /** As the user wrote it, for messages. */
  readonly shown: string;
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
}

/**
 * Finds a file the user named.
 *
 * @param folder what a relative path is relative to; default: where the user typed
 * @throws {SluiceError} when it is missing (with the nearest names there), a folder, or empty
 */
export function requireFile(shown: string, folder = typedIn()): NamedFile {
  const path = resolve(folder, shown);
  let stats: Stats;
  try {
    stats = statSync(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw missing(shown, path);
    throw new SluiceError({
      code: 'invalid_input',
      message: `${shown}: cannot be read (${code === 'EACCES' ? 'permission denied' : message})`,
      fix: 'Give a file that this user may read.',
    });
  }
  if (stats.isDirectory()) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `${shown}: found a folder, expected a file`,
      fix: `Name one file in it${listed(namesIn(path))}.`,
    });
  }
  if (stats.isFile() && stats.size === 0) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `${shown}: the file is empty (0 bytes)`,
      fix: 'Was it written to the end? Nothing was changed.',
    });
  }
  return { shown, path, bytes: stats.size };
}

function missing(shown: string, path: string): SluiceError {
  const folder = dirname(path);
  const names = namesIn(folder);
  const wanted = basename(path);
  const near = names.length > 0 ? closest(wanted, names) : undefined;
  const alike =
    near !== undefined && distance(wanted.toLowerCase(), near.toLowerCase()) <= Math.max(2, wanted.length / 3);
  const siblings = names.filter((name) => extname(name) === extname(path));
  return new SluiceError({
    code: 'invalid_input',
    message: `${shown}: there is no such file (looked at ${path})`,
    fix: alike
      ? `Did you mean "${near}", which is in the same folder?`
      : `Check the name and the folder${siblings.length > 0 ? listed(siblings) : ''}.`,
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
      .slice(0, 5_000);
  } catch {
    return [];
  }
}

function listed(names: string[]): string {
  if (names.length === 0) return '';
  return `; there is ${names.slice(0, 8).join(', ')}${names.length > 8 ? ` and ${names.length - 8} more` : ''}`;
}
