import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';

/** `webhook delete ID`. */
export async function deleteWebhook(id: string, global: GlobalOptions): Promise<void> {
  await withStack(global, async ({ sluice }) => {
    const answer = await sluice.webhooks.delete.mutate({ id });
    if (global.json) console.log(JSON.stringify(answer));
    else console.log(answer.changed ? `${id} is deleted` : `unchanged: ${id} was deleted already`);
  });
}
