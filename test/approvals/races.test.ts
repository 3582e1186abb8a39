import { describe, expect, it } from 'vitest';
import { createKey } from '../../store/keys/create-key.ts';
import { awaitingRun, evidenceOf } from '../support/awaiting-run.ts';
import { untilFinal } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { useTestStack } from '../support/test-stack.ts';

const stack = await useTestStack();
const { as, db, sluice, temporal } = stack;
await pushDataset(sluice, 'numbers', numberedRows(20));
const people = await Promise.all(
  Array.from({ length: 50 }, async (_, number) => {
    const { apiKey } = await createKey(db, { projectId: 'prj_default', person: `p${number}`, role: 'approver' });
    return as(apiKey as `sl_${string}`);
  }),
);

/** Twenty-five approvals and as many rejections of one run, all at once, each by another person. */
const fireFifty = async (run: Awaited<ReturnType<typeof awaitingRun>>) => {
  const answers = await Promise.allSettled(
    people.map((person, number) =>
      number % 2 === 0
        ? person.runs.approve.mutate(evidenceOf(run))
        : person.runs.reject.mutate({ ...evidenceOf(run), reason: `no, says p${number}` }),
    ),
  );
  const won = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  const lost = answers.flatMap((answer) => (answer.status === 'rejected' ? [String(answer.reason.message)] : []));
  return { won, lost };
};

/** Exactly one of fifty decided, and everything says the same of it. */
const expectOneDecision = async (id: string, { won, lost }: Awaited<ReturnType<typeof fireFifty>>) => {
  expect(won).toHaveLength(1);
  expect(lost).toHaveLength(49);
  for (const message of lost) expect(message).toMatch(/^run run_\w+ is decided already: (approved|rejected) at /);
  const run = await sluice.runs.get.query({ id });
  expect(run).toMatchObject({ status: 'completed', action: won[0]?.action, decisionId: won[0]?.decisionId });
  const decisions = await db.selectFrom('decision').select('action').where('run_id', '=', id).execute();
  expect(decisions).toEqual([{ action: run.action }]);
  expect(await db.selectFrom('approval').select('id').where('run_id', '=', id).execute()).toHaveLength(1);
  const verbs = await db
    .selectFrom('audit_event')
    .select('verb')
    .where('subject', '=', `run:${id}`)
    .orderBy('number')
    .execute();
  const answered = run.action === 'roll_forward' ? 'run.approve' : 'run.reject';
  expect(verbs.map(({ verb }) => verb)).toEqual(['run.start', answered, 'run.decide']);
  await expect(temporal.workflow.getHandle(`exp/${id}`).result()).resolves.toBeUndefined();
};

describe('twenty-five approvals and twenty-five rejections at once are one decision', () => {
  it('with workers up', async () => {
    const run = await awaitingRun(sluice);
    await expectOneDecision(run.id, await fireFifty(run));
  });

  it('with all workers stopped, and started again', async () => {
    const run = await awaitingRun(sluice);
    await stack.stopWorkers();
    const fired = await fireFifty(run);
    expect(await sluice.runs.get.query({ id: run.id })).toMatchObject({ status: 'completed' });
    await stack.startWorker();
    await expectOneDecision(run.id, fired);
  });
});

it('fifty approvals where three are needed: three are taken, one decision, and the others hear by whom', async () => {
  const run = await awaitingRun(sluice, { approvals: { promote: 3 } });
  const answers = await Promise.allSettled(people.map((person) => person.runs.approve.mutate(evidenceOf(run))));
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  const done = await sluice.runs.get.query({ id: run.id });
  expect(done).toMatchObject({ action: 'roll_forward', approval: { state: 'approved', quorum: 3 } });
  expect(done.approval?.approvals).toHaveLength(3);
  expect(new Set(done.approval?.approvals.map(({ person }) => person)).size).toBe(3);
});

it('an answer that comes with the end of its time is taken or too late, never both', async () => {
  for (const ttl of ['700ms', '800ms', '900ms', '1s']) {
    const run = await awaitingRun(sluice, { approvals: { promote: 1, ttl } });
    // All along its last moments.
    const answers = await Promise.allSettled(
      people.slice(0, 10).map(async (person, number) => {
        const left = Date.parse(run.approval?.expiresAt ?? '') - Date.now();
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, left - 20 + number * 4)));
        return person.runs.approve.mutate(evidenceOf(run));
      }),
    );
    const taken = answers.filter(({ status }) => status === 'fulfilled').length;
    const done = await untilFinal(sluice, run.id);
    expect([done.action, done.approval?.state]).toEqual(
      taken === 1 ? ['roll_forward', 'approved'] : ['hold', 'expired'],
    );
    expect(await db.selectFrom('decision').select('id').where('run_id', '=', run.id).execute()).toHaveLength(1);
  }
});
