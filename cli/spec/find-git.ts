import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readCi } from '../../config/read-ci.ts';
import type { Git } from '../../schema/contracts/spec.ts';

/**
 * The commit that `folder` is at: from the CI job, else from the files of the git checkout around it (no process is
 * started). Undefined outside of both.
 */
export function findGit(folder: string): Git | undefined {
  const ci = readCi();
  if (ci) return ci;
  try {
    const gitFolder = findGitFolder(folder);
    return gitFolder === undefined ? undefined : readHead(gitFolder);
  } catch {
    // A checkout in a state of its own is no reason not to run.
    return undefined;
  }
}

function findGitFolder(start: string): string | undefined {
  for (let folder = resolve(start); ; folder = dirname(folder)) {
    const path = join(folder, '.git');
    if (existsSync(path)) {
      if (statSync(path).isDirectory()) return path;
      // In a worktree it is a file that names the folder.
      const target = /^gitdir: (.+)$/m.exec(readFileSync(path, 'utf8'))?.[1];
      return target === undefined ? undefined : resolve(folder, target.trim());
    }
    if (dirname(folder) === folder) return undefined;
  }
}

function readHead(gitFolder: string): Git | undefined {
  const head = readFileSync(join(gitFolder, 'HEAD'), 'utf8').trim();
  const reference = /^ref: (.+)$/.exec(head)?.[1];
  if (reference === undefined) return /^[0-9a-f]{40,64}$/.test(head) ? { sha: head } : undefined;
  const branch = reference.replace(/^refs\/heads\//, '');
  const sha = readReference(gitFolder, reference);
  return sha === undefined ? { branch } : { sha, branch };
}

function readReference(gitFolder: string, reference: string): string | undefined {
  const common = join(gitFolder, 'commondir');
  const folders = [gitFolder];
  if (existsSync(common)) folders.push(resolve(gitFolder, readFileSync(common, 'utf8').trim()));
  for (const folder of folders) {
    const loose = join(folder, reference);
    if (existsSync(loose)) return readFileSync(loose, 'utf8').trim();
    const packed = join(folder, 'packed-refs');
    if (!existsSync(packed)) continue;
    const line = readFileSync(packed, 'utf8')
      .split('\n')
      .find((one) => one.endsWith(` ${reference}`));
    if (line !== undefined) return line.split(' ')[0];
  }
  return undefined;
}
