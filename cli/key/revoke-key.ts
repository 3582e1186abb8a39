import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';

/** `key revoke ID`. */
export async function revokeKey(id: string, global: GlobalOptions): Promise<void> {
  await withStack(global, async ({ sluice }) => {
    const answer = await sluice.keys.revoke.mutate({ id });
    if (global.json) console.log(JSON.stringify(answer));
    else console.log(answer.revoked ? `${id} is revoked` : `unchanged: ${id} was revoked already`);
  });
}
