import { type Command, Option } from 'commander';
import { globalOptions } from '../global-options.ts';
import type { CreateKeyOptions } from '../key/create-key.ts';

const roles = ['viewer', 'engineer', 'annotator', 'approver', 'on_call', 'admin', 'ingest'];

/** `sluice key …`. */
export function register(program: Command): void {
  const key = program.command('key').description('API keys of people and services');

  key
    .command('create')
    .description('make a key; it is shown once')
    .addOption(new Option('--person <name>', 'whose key it is').conflicts('service'))
    .option('--service <name>', 'the program whose key it is (services never approve)')
    .addOption(new Option('--role <role>', 'what it may do').choices(roles).makeOptionMandatory())
    .action(async (options: CreateKeyOptions, command: Command) => {
      const { createKey } = await import('../key/create-key.ts');
      await createKey(options, globalOptions(command));
    });

  key
    .command('list')
    .description('keys, without their secrets')
    .action(async (_options: object, command: Command) => {
      const { listKeys } = await import('../key/list-keys.ts');
      await listKeys(globalOptions(command));
    });

  key
    .command('revoke <id>')
    .description('end a key at once')
    .action(async (id: string, _options: object, command: Command) => {
      const { revokeKey } = await import('../key/revoke-key.ts');
      await revokeKey(id, globalOptions(command));
    });
}
