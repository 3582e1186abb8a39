import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SluiceError } from '../schema/errors.ts';

const neededBytes = 300 * 1024 * 1024;

/**
 * Creates the data directory if need be, and makes sure that it can be written and has room.
 *
 * @returns the free bytes on its disk
 * @throws {SluiceError} naming the directory and what is wrong with it
 */
export function checkDataDir(dataDir: string): number {
  const probe = join(dataDir, `.write-probe-${process.pid}`);
  try {
    makeFolder(dataDir);
    writeFileSync(probe, 'x');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC') throw diskFull(dataDir, 0);
    throw new SluiceError({
      code: 'unavailable',
      message: `data directory ${dataDir}: cannot be written (${code ?? message}), expected a folder this user may write`,
      fix: 'choose another one with --data-dir, or change its owner',
      cause: error,
    });
  }
  rmSync(probe, { force: true });
  const { bavail, bsize } = statfsSync(dataDir);
  const freeBytes = bavail * bsize;
  if (freeBytes < neededBytes) throw diskFull(dataDir, freeBytes);
  return freeBytes;
}

/** Not `mkdirSync` with `recursive`: it goes round for ever where a folder exists and takes no entries (/proc). */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function diskFull(dataDir: string, freeBytes: number): SluiceError {
  const megabytes = (bytes: number) => Math.round(bytes / 1024 / 1024);
  return new SluiceError({
    code: 'unavailable',
    message: `data directory ${dataDir}: its disk has ${megabytes(freeBytes)} MB free, expected at least ${megabytes(neededBytes)} MB`,
    fix: 'free some space, or choose another disk with --data-dir',
  });
}
