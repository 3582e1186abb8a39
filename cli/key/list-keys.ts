import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';
import { printRows } from '../print-rows.ts';

/** `key list`. */
export async function listKeys(global: GlobalOptions): Promise<void> {
  await withStack(global, async ({ sluice }) => {
    await printRows(await sluice.keys.list.query(), global, {
      none: 'no keys',
      columns: {
        id: (key) => key.id,
        owner: (key) => key.owner,
        role: (key) => key.role,
        key: (key) => key.hint,
        created: (key) => key.createdAt.slice(0, 10),
        used: (key) => key.lastUsedAt?.slice(0, 10) ?? 'never',
        revoked: (key) => key.revokedAt?.slice(0, 10) ?? '',
      },
    });
  });
}
