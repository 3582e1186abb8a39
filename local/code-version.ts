import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const otherFolders = new Set(['.git', '.sluice', 'test', 'docs', 'benchmarks', 'examples', '.ci']);

/**
 * A fingerprint of the code under `root` (names, sizes, times of its sources): a child that runs other code than this
 * is not taken over from an earlier supervisor.
 */
export function codeVersion(root: string): string {
  const hash = createHash('sha256');
  const visit = (folder: string, depth: number) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (entry.name === 'node_modules' || (depth === 0 && otherFolders.has(entry.name))) continue;
        visit(path, depth + 1);
      } else if (/\.(ts|js|json|sql)$/.test(entry.name)) {
        const { size, mtimeMs } = statSync(path);
        hash.update(`${path}\0${size}\0${mtimeMs}\n`);
      }
    }
  };
  visit(root, 0);
  return hash.digest('hex').slice(0, 16);
}
