import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { MediaKind } from '../../schema/contracts/media.ts';
import { SluiceError } from '../../schema/errors.ts';
import { mediaTypeOf } from './media-file.ts';

export interface MediaFile {
  /** Relative to the folder, with `/` between names. */
  readonly name: string;
  readonly kind: MediaKind;
}

/**
 * The images and recordings in a folder and below it, by name; hidden files are left out.
 * @param except Files that are no examples: the metadata.
 * @throws {SluiceError} naming and counting files that are neither, and for a folder without any
 */
export async function listMediaFiles(folder: string, shown: string, except: readonly string[]): Promise<MediaFile[]> {
  const files: MediaFile[] = [];
  const others: string[] = [];
  for (const name of (await namesBelow(folder, '')).sort()) {
    if (except.includes(name)) continue;
    const type = await mediaTypeOf(join(folder, name));
    if (type) files.push({ name, kind: type.kind });
    else others.push(name);
  }
  if (others.length > 0) {
    const named = others.slice(0, 5).join(', ');
    throw new SluiceError({
      code: 'invalid_input',
      message: `${shown}: ${others.length} of ${files.length + others.length} files ${others.length === 1 ? 'is' : 'are'} neither image nor audio, by their first bytes: ${named}${others.length > 5 ? ` and ${others.length - 5} more` : ''}`,
      fix: 'Move them out of the folder. Columns beside the media go into metadata.jsonl or metadata.csv. Nothing was changed.',
    });
  }
  if (files.length === 0) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `${shown}: the folder holds no images and no recordings`,
      fix: 'Name a folder of media, or one JSONL or CSV file.',
    });
  }
  return files;
}

async function namesBelow(folder: string, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue;
    const name = `${prefix}${entry.name}`;
    if (entry.isDirectory()) names.push(...(await namesBelow(folder, `${name}/`)));
    else names.push(name);
  }
  return names;
}
