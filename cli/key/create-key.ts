import { parseInput } from '../../schema/contracts/parse-input.ts';
import { nameSchema, type Role } from '../../schema/contracts/words.ts';
import { SluiceError } from '../../schema/errors.ts';
import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';

export interface CreateKeyOptions {
  readonly person?: string;
  readonly service?: string;
  readonly role: Role;
}

/** `key create`: prints the key, which is stored nowhere else in this form. */
export async function createKey(options: CreateKeyOptions, global: GlobalOptions): Promise<void> {
  const name = options.person ?? options.service;
  if (name === undefined) {
    throw new SluiceError({
      code: 'invalid_input',
      message: 'key create: nobody to give the key to, expected --person NAME or --service NAME',
      fix: 'People approve and reject; services are programs, CI for one.',
    });
  }
  parseInput(nameSchema, name, options.person === undefined ? '--service' : '--person');
  await withStack(global, async ({ sluice }) => {
    const { id, apiKey } = await sluice.keys.create.mutate(options);
    if (global.json) return console.log(JSON.stringify({ id, apiKey }));
    console.error(`key ${id} of ${name} (${options.role}); it is shown this once:`);
    console.log(apiKey);
  });
}
