import { gatePolicySchema } from '../../schema/contracts/gate.ts';
import { parseInput } from '../../schema/contracts/parse-input.ts';
import { nameSchema } from '../../schema/contracts/words.ts';
import { withStack } from '../connect.ts';
import { readDocument } from '../files/read-documents.ts';
import type { GlobalOptions } from '../global-options.ts';

/** `gate push NAME FILE`. The same criteria as an earlier version make none. */
export async function pushGate(name: string, file: string, global: GlobalOptions): Promise<void> {
  parseInput(nameSchema, name, `gate name "${name}"`);
  const policy = parseInput(gatePolicySchema, readDocument(file), file);
  await withStack(global, async ({ sluice }) => {
    const pushed = await sluice.gates.push.mutate({ name, policy });
    if (global.json) return console.log(JSON.stringify(pushed));
    const count =
      policy.criteria.length === 0
        ? `profile ${policy.profile}`
        : `${policy.criteria.length} ${policy.criteria.length === 1 ? 'criterion' : 'criteria'}`;
    console.log(
      pushed.created
        ? `pushed gate ${pushed.name}@${pushed.version}: ${count}`
        : `unchanged: gate ${pushed.name}@${pushed.version} has these criteria already`,
    );
  });
}
