import { expect, it } from 'vitest';
import { listOpenRequests } from '../../store/approvals/list-open-requests.ts';
import { openRequest } from '../../store/approvals/open-request.ts';
import { freezeEvidence } from '../../store/runs/freeze-evidence.ts';
import { frozenRun, projectId } from '../support/frozen-run.ts';
import { useTestDatabase } from '../support/test-database.ts';

const { db } = await useTestDatabase();

async function asking(ttlMs: number): Promise<string> {
  const { runId } = await frozenRun(db, { examples: 1 });
  await db.transaction().execute(async (trx) => {
    const { evidenceId } = await freezeEvidence(trx, { runId, hash: 'abc', content: {} });
    const request = { planHash: 'h', quorum: 1, policy: null, statisticsVersion: '1', verdict: 'pass' } as const;
    await openRequest(trx, { runId, evidenceId, action: 'promote', ttlMs, ...request });
  });
  return runId;
}

it('requests whose time is over, and that no worker has ended, hide none that can still be answered', async () => {
  await asking(0);
  await asking(0);
  const open = await asking(3_600_000);
  expect((await listOpenRequests(db, { projectId, limit: 1 })).map(({ runId }) => runId)).toEqual([open]);
});
