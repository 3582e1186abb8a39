import { suggest } from '../../schema/contracts/parse-input.ts';
import { type WebhookEvent, webhookEvents } from '../../schema/contracts/webhook.ts';
import { SluiceError } from '../../schema/errors.ts';
import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';

/** `webhook create URL`: prints the signing secret, which is shown nowhere else. */
export async function createWebhook(url: string, options: { event?: string[] }, global: GlobalOptions): Promise<void> {
  const events = options.event?.map(eventOf);
  await withStack(global, async ({ sluice }) => {
    const { id, secret, ...made } = await sluice.webhooks.create.mutate({ url, events });
    if (global.json) return console.log(JSON.stringify({ id, ...made, secret }));
    console.error(`webhook ${id} to ${made.url}; its secret is shown this once:`);
    console.log(secret);
  });
}

function eventOf(name: string): WebhookEvent {
  const found = webhookEvents.find((event) => event === name);
  if (found) return found;
  throw new SluiceError({
    code: 'invalid_input',
    message: `--event: there is no event "${name}"${suggest(name, [...webhookEvents])}`,
    fix: `Events: ${webhookEvents.join(', ')}.`,
  });
}
