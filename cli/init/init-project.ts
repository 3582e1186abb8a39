import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { invocation, typedIn } from '../../config/invocation.ts';
import { SluiceError } from '../../schema/errors.ts';
import type { GlobalOptions } from '../global-options.ts';
import { projectFiles } from './project-files.ts';

export interface InitOptions {
  readonly ci?: 'github';
}

/**
 * `init [DIR]`: a small project that runs as it is. All files or none: nothing that exists is changed.
 * @throws {SluiceError} invalid_input, naming what is there already
 */
export async function initProject(
  folder: string,
  options: InitOptions,
  { json }: Pick<GlobalOptions, 'json'>,
): Promise<void> {
  const root = resolve(typedIn(), folder);
  const files = projectFiles({ ci: options.ci === 'github' });
  const there = files.filter(({ path }) => existsSync(join(root, path))).map(({ path }) => path);
  if (there.length > 0) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `${show(root)} holds ${there.join(', ')} already; nothing was written`,
      fix: 'Name a folder of its own: `sluice init my-experiment`.',
    });
  }
  for (const { path, content } of files) {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    // Somebody may have been quicker: theirs stays.
    await writeFile(file, content, { flag: 'wx' });
  }
  const sluice = commandIn(root);
  const next = [`${sluice} up`, `${sluice} run start experiment.yaml --watch`];
  if (json) return console.log(JSON.stringify({ folder: root, files: files.map(({ path }) => path), next }));
  const place = show(root);
  console.log(`wrote ${files.map(({ path }) => path).join(', ')}${place === '.' ? '' : ` in ${place}`}\n`);
  console.log(`next${place === '.' ? '' : `, in ${place}`}\n  ${next[0]}\n  ${next[1]}   (in another terminal)`);
}

/** How `sluice` is called in the project: npm scripts of another folder would run there, and find none of its files. */
function commandIn(folder: string): string {
  const script = resolve(process.argv[1] ?? 'sluice');
  const said = invocation(script);
  const isElsewhere = relative(dirname(dirname(script)), folder) !== '';
  return isElsewhere && /^n(pm|ode) /.test(said) ? `node ${script}` : said;
}

/** A folder as short as it can be said. */
function show(folder: string): string {
  const path = relative(process.cwd(), folder);
  return path.startsWith('..') ? folder : path || '.';
}
