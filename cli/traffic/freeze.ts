import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';
import { printRows } from '../print-rows.ts';

/** `freeze start`. */
export async function startFreeze(
  options: { from?: string; to?: string; reason: string },
  global: GlobalOptions,
): Promise<void> {
  await withStack(global, async ({ sluice, again }) => {
    const { id, from, to } = await sluice.traffic.freeze.mutate(options);
    if (global.json) return console.log(JSON.stringify({ id, from, to }));
    console.log(
      `frozen from ${from} ${to === null ? `until ${again(`freeze end ${id} --reason TEXT`)}` : `to ${to}`} (${id})`,
    );
  });
}

/** `freeze list`. */
export async function listFreezes(global: GlobalOptions): Promise<void> {
  await withStack(global, async ({ sluice }) => {
    const windows = await sluice.traffic.freezes.query();
    await printRows(windows, global, {
      none: 'nothing is frozen',
      columns: {
        id: ({ id }) => id,
        from: ({ from }) => String(from),
        to: ({ to }) => (to === null ? 'until ended' : String(to)),
        reason: ({ reason }) => reason,
        by: ({ createdBy }) => createdBy,
      },
    });
  });
}

/** `freeze end ID`. */
export async function endFreeze(id: string, options: { reason: string }, global: GlobalOptions): Promise<void> {
  await withStack(global, async ({ sluice }) => {
    const answer = await sluice.traffic.endFreeze.mutate({ id, ...options });
    if (global.json) return console.log(JSON.stringify(answer));
    console.log(answer.changed ? `${id} is over` : `unchanged: ${id} was over already`);
  });
}
