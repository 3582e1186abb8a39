import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { typedIn } from '../../config/invocation.ts';

/** The folder a user named, absolute; undefined when what is named is none. */
export function findFolder(shown: string, folder = typedIn()): string | undefined {
  const path = resolve(folder, shown);
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? path : undefined;
}
