import { beforeAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../../schema/contracts/result.ts';
import { createKey } from '../../store/keys/create-key.ts';
import { evidenceOf } from '../support/awaiting-run.ts';
import { untilFinal } from '../support/follow-run.ts';
import { useTestStack } from '../support/test-stack.ts';
import { askingRollout, pushSupportBot } from './use-rollout.ts';

const stack = await useTestStack();
const { as, db, sluice } = stack;
let agentId: string;
beforeAll(async () => {
  agentId = await pushSupportBot(stack);
});
const people = await Promise.all(
  Array.from({ length: 50 }, async (_, number) => {
    const { apiKey } = await createKey(db, { projectId: 'prj_default', person: `p${number}`, role: 'approver' });
    return as(apiKey as `sl_${string}`);
  }),
);

/** Twenty-five approvals and as many rejections of one promotion, all at once, each by another person. */
const fireFifty = async (run: RunResult) => {
  const answers = await Promise.allSettled(
    people.map((person, number) =>
      number % 2 === 0
        ? person.runs.approve.mutate(evidenceOf(run))
        : person.runs.reject.mutate({ ...evidenceOf(run), reason: `no, says p${number}` }),
    ),
  );
  return {
    won: answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : [])),
    lost: answers.flatMap((answer) => (answer.status === 'rejected' ? [String(answer.reason.message)] : [])),
  };
};

/** Exactly one of fifty decided; the traffic, the production version and the log say the same. */
const expectOneDecision = async (id: string, { won, lost }: Awaited<ReturnType<typeof fireFifty>>, before: number) => {
  expect(won).toHaveLength(1);
  expect(lost).toHaveLength(49);
  const run = await untilFinal(sluice, id);
  const approved = won[0]?.approval.state === 'approved';
  expect(run).toMatchObject({ status: 'completed', action: approved ? 'roll_forward' : 'roll_back' });
  if (!approved) expect(run.reasons[0]).toMatch(/^Rejected by p\d+: no, says p\d+$/);
  expect(run.decisions).toHaveLength(1);
  expect(await db.selectFrom('decision').select('id').where('run_id', '=', id).execute()).toHaveLength(1);
  expect(await db.selectFrom('approval').select('id').where('run_id', '=', id).execute()).toHaveLength(1);
  const events = await db
    .selectFrom('audit_event')
    .select('verb')
    .where('subject', '=', `run:${id}`)
    .orderBy('number')
    .execute();
  expect(events.map(({ verb }) => verb)).toEqual(['run.start', approved ? 'run.approve' : 'run.reject', 'run.decide']);
  const agent = await db
    .selectFrom('agent')
    .select('production_version as version')
    .where('id', '=', agentId)
    .executeTakeFirstOrThrow();
  expect(agent.version).toBe(approved ? 2 : before);
  // Both ways need it as it was for the next test.
  await as('admin').agents.setProduction.mutate({ agent: 'support-bot', version: 1, reason: 'test' });
};

describe('twenty-five approvals and twenty-five rejections of a promotion at once are one decision and one audit row', () => {
  it('with workers up', async () => {
    const run = await askingRollout(stack, agentId);
    await expectOneDecision(run.id, await fireFifty(run), 1);
  });

  it('with all workers stopped, then started', async () => {
    const run = await askingRollout(stack, agentId);
    await stack.stopWorkers();
    const fired = await fireFifty(run);
    await stack.startWorker();
    await expectOneDecision(run.id, fired, 1);
  });
});
