import { withStack } from '../connect.ts';
import { shortJson } from '../format/short-json.ts';
import type { GlobalOptions } from '../global-options.ts';
import { printRows } from '../print-rows.ts';

export interface ListAuditOptions {
  readonly subject?: string;
  readonly before?: number;
  readonly limit?: number;
}

/** `audit list`: the newest events, newest first. */
export async function listAudit(options: ListAuditOptions, global: GlobalOptions): Promise<void> {
  await withStack(global, async ({ sluice }) => {
    await printRows(await sluice.audit.list.query(options), global, {
      none: 'no events',
      columns: {
        number: (event) => String(event.number),
        at: (event) => event.at.slice(0, 19).replace('T', ' '),
        actor: (event) => event.actor,
        verb: (event) => event.verb,
        subject: (event) => event.subject,
        detail: (event) => shortJson(event.detail, 60),
      },
    });
  });
}
