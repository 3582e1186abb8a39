import { type Command, Option } from 'commander';
import { globalOptions } from '../global-options.ts';
import type { InitOptions } from '../init/init-project.ts';

/** `sluice init [DIR]`. */
export function register(program: Command): void {
  program
    .command('init [dir]')
    .addOption(new Option('--ci <service>', 'a workflow that gates pull requests, too').choices(['github']))
    .action(async (dir: string | undefined, options: InitOptions, command: Command) => {
      const { initProject } = await import('../init/init-project.ts');
      await initProject(dir ?? '.', options, globalOptions(command));
    });
}
