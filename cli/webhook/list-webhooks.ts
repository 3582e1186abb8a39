import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';
import { printRows } from '../print-rows.ts';

/** `webhook list`. */
export async function listWebhooks(global: GlobalOptions): Promise<void> {
  await withStack(global, async ({ sluice }) => {
    await printRows(await sluice.webhooks.list.query(), global, {
      none: 'no webhooks; add one with `sluice webhook create URL`',
      columns: {
        id: ({ id }) => id,
        url: ({ url }) => url,
        events: ({ events }) => events?.join(' ') ?? 'all',
        last: ({ lastDelivery: last }) => {
          if (last === null) return 'none yet';
          const tries = last.tries > 1 ? `, ${last.tries} tries` : '';
          return `${last.event}: ${last.state.replace('_', ' ')}${tries}${last.error === null ? '' : `, ${last.error}`}`;
        },
        by: ({ createdBy }) => createdBy,
      },
    });
  });
}
