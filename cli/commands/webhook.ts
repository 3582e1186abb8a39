import type { Command } from 'commander';
import { globalOptions } from '../global-options.ts';

/** `sluice webhook …`. */
export function register(program: Command): void {
  const webhook = program
    .command('webhook')
    .description('who is told of approvals, roll-backs and promotions, by signed POSTs (Standard Webhooks)');
  webhook
    .command('create <url>')
    .description('add a receiver; its signing secret is shown once')
    .option('--event <name...>', 'only these events (default: all), e.g. rollout.rolled_back')
    .action(async (url: string, options: { event?: string[] }, command: Command) => {
      const { createWebhook } = await import('../webhook/create-webhook.ts');
      await createWebhook(url, options, globalOptions(command));
    });
  webhook
    .command('list')
    .description('receivers, and how the last message to each went')
    .action(async (_options: object, command: Command) => {
      const { listWebhooks } = await import('../webhook/list-webhooks.ts');
      await listWebhooks(globalOptions(command));
    });
  webhook
    .command('delete <id>')
    .description('end a receiver; it is told nothing more')
    .action(async (id: string, _options: object, command: Command) => {
      const { deleteWebhook } = await import('../webhook/delete-webhook.ts');
      await deleteWebhook(id, globalOptions(command));
    });
}
