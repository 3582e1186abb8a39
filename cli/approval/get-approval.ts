import { colorsFor } from '../colors.ts';
import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';
import { renderApproval } from './render-approval.ts';

/** `approval get ID`: what an approver of the run looks at, and whether who asks may answer. */
export async function getApproval(id: string, global: GlobalOptions): Promise<void> {
  await withStack(global, async ({ sluice, again }) => {
    const page = await sluice.approvals.get.query({ id });
    if (global.json) return console.log(JSON.stringify(page));
    console.log(renderApproval(page, colorsFor(process.stdout)));
    if (page.approval.state !== 'open') return;
    console.log(
      page.mine
        ? `sign it: ${again(`run approve ${id} --evidence ${page.approval.evidenceHash.slice(0, 12)}`)}`
        : `not for you: ${page.why}`,
    );
  });
}
