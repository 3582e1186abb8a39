import { sql } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import { completion, startStubCompletions } from '../agents/stub-completions.ts';
import { askingSpec, awaitingRun, clientOf, evidenceOf } from '../support/awaiting-run.ts';
import { solver } from '../support/experiment-spec.ts';
import { untilFinal, untilRun } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { refusalOf } from '../support/refusal-of.ts';
import { startStubAgent } from '../support/stub-agent.ts';
import { useTestStack } from '../support/test-stack.ts';

const stack = await useTestStack();
const { as, db, keys, sluice, temporal } = stack;
await pushDataset(sluice, 'numbers', numberedRows(20));
const ada = await clientOf(stack, 'ada');
const bob = await clientOf(stack, 'bob');

const audited = (id: string) =>
  db
    .selectFrom('audit_event')
    .select(['actor', 'verb', 'detail'])
    .where('subject', '=', `run:${id}`)
    .where('verb', '!=', 'run.start')
    .orderBy('number')
    .execute();
const decisionsOf = (id: string) => db.selectFrom('decision').selectAll().where('run_id', '=', id).execute();

describe('an experiment that asks for approvals', () => {
  it('waits with its verdict and without an action, and says whom it waits for', async () => {
    const run = await awaitingRun(sluice, { approvals: { promote: 2, ttl: '3h' } });
    expect(run).toMatchObject({ status: 'awaiting_approval', verdict: 'pass', action: null, decisionId: null });
    expect(run.counts).toMatchObject({ planned: 40, succeeded: 40, missing: 0, notRun: 0 });
    expect(run.approval).toMatchObject({ action: 'promote', state: 'open', quorum: 2, approvals: [], decidedAt: null });
    const { requestedAt = '', expiresAt = '' } = run.approval ?? {};
    expect(Date.parse(expiresAt) - Date.parse(requestedAt)).toBe(3 * 3_600_000);
    expect(await decisionsOf(run.id)).toEqual([]);
    await sluice.runs.abort.mutate({ id: run.id });
  });

  it('rolls forward once it is approved, and its workflow ends', async () => {
    const run = await awaitingRun(sluice);
    const answer = await ada.runs.approve.mutate({ ...evidenceOf(run), reason: 'five more right' });
    expect(answer).toMatchObject({ status: 'completed', verdict: 'pass', action: 'roll_forward', changed: true });
    expect(answer.sentence).toMatch(/^two-solvers pass, asks to roll forward: .*correct/);
    const done = await sluice.runs.get.query({ id: run.id });
    expect(done).toMatchObject({ status: 'completed', verdict: 'pass', action: 'roll_forward', counts: run.counts });
    expect(done.decisionId).toBe(answer.decisionId);
    expect(done.approval).toMatchObject({
      state: 'approved',
      approvals: [{ person: 'ada', answer: 'approve', reason: 'five more right' }],
    });
    expect(done.comparisons).toEqual(run.comparisons);
    await expect(temporal.workflow.getHandle(`exp/${run.id}`).result()).resolves.toBeUndefined();
    const [first, second, ...rest] = await audited(run.id);
    expect(first).toMatchObject({ actor: 'person:ada', verb: 'run.approve', detail: { reason: 'five more right' } });
    expect(second).toMatchObject({
      verb: 'run.decide',
      detail: { action: 'roll_forward', decisionId: done.decisionId, evidenceHash: run.approval?.evidenceHash },
    });
    expect(rest).toEqual([]);
  });

  it('holds when it is rejected: the verdict stays what was measured, and the reason is shown', async () => {
    const run = await awaitingRun(sluice);
    await ada.runs.reject.mutate({ id: run.id, reason: 'too dear on Mondays' });
    const done = await sluice.runs.get.query({ id: run.id });
    expect(done).toMatchObject({
      status: 'completed',
      verdict: 'pass',
      action: 'hold',
      approval: { state: 'rejected' },
    });
    expect(done.reasons[0]).toBe('Rejected by ada: too dear on Mondays');
    expect(await decisionsOf(run.id)).toMatchObject([{ verdict: 'pass', action: 'hold' }]);
  });

  it('asks nobody when the candidate is worse', async () => {
    const variants = { control: solver(20), candidate: solver(2) };
    const { id } = await sluice.runs.start.mutate({ spec: askingSpec({ variants }) });
    const run = await untilFinal(sluice, id);
    expect(run).toMatchObject({ status: 'completed', verdict: 'fail', action: 'roll_back' });
    expect(run.approval).toBeUndefined();
  });

  it('counts persons for its quorum, not keys', async () => {
    const run = await awaitingRun(sluice, { approvals: { promote: 2 } });
    expect(await ada.runs.approve.mutate(evidenceOf(run))).toMatchObject({ status: 'awaiting_approval', action: null });
    const secondKey = await clientOf(stack, 'ada');
    const refusal = await refusalOf(secondKey.runs.approve.mutate(evidenceOf(run)));
    expect(refusal.code).toBe('conflict');
    expect(refusal.message).toMatch(
      /^person:ada cannot answer for run run_\w+: ada has already answered request apr_\w+ \(approved at .* with another key\), and a person counts once, whatever their keys$/,
    );
    const waiting = await sluice.runs.get.query({ id: run.id });
    expect(waiting.approval?.approvals.map(({ person }) => person)).toEqual(['ada']);
    expect(await bob.runs.approve.mutate(evidenceOf(run))).toMatchObject({ action: 'roll_forward' });
    expect(await decisionsOf(run.id)).toHaveLength(1);
  });

  it('takes an approval that is sent twice for one', async () => {
    const run = await awaitingRun(sluice, { approvals: { promote: 2 } });
    const answers = await Promise.all(Array.from({ length: 10 }, () => ada.runs.approve.mutate(evidenceOf(run))));
    expect(answers.filter(({ changed }) => changed)).toHaveLength(1);
    expect(answers.every(({ approval }) => approval.approvals.length === 1)).toBe(true);
    const other = await refusalOf(ada.runs.reject.mutate({ id: run.id, reason: 'changed my mind' }));
    expect(other.message).toContain('ada has already answered');
    await sluice.runs.abort.mutate({ id: run.id });
  });

  it('does not count an approval whose key was revoked since; its person may answer with another', async () => {
    const run = await awaitingRun(sluice, { approvals: { promote: 2 } });
    const lost = await as('admin').keys.create.mutate({ person: 'carol', role: 'approver' });
    await as(lost.apiKey as `sl_${string}`).runs.approve.mutate(evidenceOf(run));
    await as('admin').keys.revoke.mutate({ id: lost.id });
    expect(await ada.runs.approve.mutate(evidenceOf(run))).toMatchObject({ status: 'awaiting_approval' });
    const carol = await clientOf(stack, 'carol');
    const answer = await carol.runs.approve.mutate(evidenceOf(run));
    expect(answer).toMatchObject({ status: 'completed', action: 'roll_forward' });
    expect(answer.approval.approvals.map(({ person, counts }) => [person, counts ?? true])).toEqual([
      ['carol', false],
      ['ada', true],
      ['carol', true],
    ]);
  });

  it('can be aborted while it waits, and is not approved any more then', async () => {
    const run = await awaitingRun(sluice);
    await sluice.runs.abort.mutate({ id: run.id });
    await expect(temporal.workflow.getHandle(`exp/${run.id}`).result()).resolves.toBeUndefined();
    const refusal = await refusalOf(ada.runs.approve.mutate(evidenceOf(run)));
    expect(refusal.message).toBe(`run ${run.id} can no longer be approved: The run was aborted.`);
  });
});

describe('refused in words is', () => {
  let run: Awaited<ReturnType<typeof awaitingRun>>;
  beforeAll(async () => {
    const maker = await clientOf(stack, 'dan', 'engineer');
    const solve = (right: number) => ({ adapter: 'function', function: 'solve', parameters: { right } }) as const;
    await sluice.agents.push.mutate({ agent: 'solver', config: solve(5) });
    await maker.agents.push.mutate({ agent: 'solver', config: solve(10) });
    await (await clientOf(stack, 'gina', 'engineer')).gates.push.mutate({
      name: 'release',
      policy: { criteria: [{ metric: 'correct', hypothesis: 'no_regression' }] },
    });
    const first = await (await clientOf(stack, 'ivan', 'engineer')).runs.start.mutate({ spec: askingSpec({}) });
    await sluice.runs.abort.mutate({ id: first.id });
    await (await clientOf(stack, 'hana', 'engineer')).evaluators.push.mutate({
      type: 'numeric_match',
      name: 'right',
      extract: 'A: (.*)',
    });
    run = await awaitingRun(sluice, {
      variants: { control: { agent: 'solver', version: 'production' }, candidate: { agent: 'solver' } },
      evaluators: [...(askingSpec().evaluators ?? []), { use: 'right@1' }],
      gate: 'release@1',
      approvals: { promote: 3 },
    });
    return () => sluice.runs.abort.mutate({ id: run.id });
  });

  it.each([
    [
      'whoever started the run, also with a key of another role',
      'engineer',
      'approver',
      'engineer started it, and nobody approves their own change',
    ],
    [
      'who pushed the candidate',
      'dan',
      'admin',
      'dan pushed agent solver@2, which the run rests on, and contributors do not approve',
    ],
    [
      'who pushed the gate',
      'gina',
      'approver',
      'gina pushed gate release@1, which the run rests on, and contributors do not approve',
    ],
    [
      'who made an evaluator that the spec names',
      'hana',
      'approver',
      'hana made evaluator right@1, which the run rests on, and contributors do not approve',
    ],
    ['a key with another role', 'eve', 'viewer', 'that needs the role approver, and this key has viewer'],
    ['an engineer', 'frank', 'engineer', 'that needs the role approver, and this key has engineer'],
    ['a service', 'service:ci', 'approver', 'approvals are given by persons, and this key belongs to a service'],
  ] as const)('%s', async (_, owner, role, why) => {
    const client = await clientOf(stack, owner, role);
    const actor = owner.startsWith('service:') ? owner : `person:${owner}`;
    for (const call of [
      client.runs.approve.mutate(evidenceOf(run)),
      client.runs.reject.mutate({ id: run.id, reason: 'no' }),
    ]) {
      const refusal = await refusalOf(call);
      expect(refusal).toMatchObject({
        code: 'forbidden',
        message: `${actor} cannot answer for run ${run.id}: ${why}`,
        fix: expect.stringMatching(/Ask|Use the key of a person/),
      });
    }
    expect((await sluice.runs.get.query({ id: run.id })).approval?.approvals).toEqual([]);
  });

  it('nobody for having declared first what the spec declares itself', async () => {
    const ivan = await clientOf(stack, 'ivan');
    expect((await ivan.approvals.list.query({})).find(({ runId }) => runId === run.id)).toMatchObject({ mine: true });
  });

  it('who pushed the examples that the prompt of the candidate shows', async () => {
    const stub = await startStubCompletions();
    stub.answers((response, { body }) => completion(response, { content: `A: ${body.messages.at(-1)?.content}` }));
    const texts = (count: number) =>
      Array.from({ length: count }, (_, number) => ({ id: `t${number}`, input: `${number}`, expected: `${number}` }));
    await pushDataset(await clientOf(stack, 'kim', 'engineer'), 'shots', texts(3));
    await pushDataset(sluice, 'texts', texts(8));
    const candidate = {
      adapter: 'openai',
      baseUrl: stub.url,
      model: 'm',
      prompt: { fewShot: { dataset: 'shots', select: 'fixed', k: 2 } },
    } as const;
    await sluice.agents.push.mutate({ agent: 'shown', config: candidate });
    for (const variant of [candidate, { agent: 'shown' }]) {
      const shown = await awaitingRun(sluice, {
        dataset: 'texts',
        variants: {
          control: { adapter: 'function', function: 'recite', parameters: { lines: ['A: 0.5'] } },
          candidate: variant,
        },
      });
      const refusal = await refusalOf((await clientOf(stack, 'kim')).runs.approve.mutate(evidenceOf(shown)));
      expect(refusal.message).toContain('kim pushed dataset shots@1, which the run rests on');
      await sluice.runs.abort.mutate({ id: shown.id });
    }
    await stub.close();
  });

  it('who signs other evidence than the run has', async () => {
    const refusal = await refusalOf(ada.runs.approve.mutate({ id: run.id, evidenceHash: 'f'.repeat(64) }));
    expect(refusal.code).toBe('conflict');
    expect(refusal.message).toBe(
      `the evidence of run ${run.id} is not what you looked at: you sign ffffffffffff, and request ${run.approval?.requestId} rests on ${run.approval?.evidenceHash.slice(0, 12)}`,
    );
    expect(refusal.fix).toContain(`sluice approval get ${run.id}`);
  });

  it('who does not say what is signed', async () => {
    const refusal = await refusalOf(ada.runs.approve.mutate({ id: run.id }));
    expect(refusal).toMatchObject({ code: 'invalid_input', message: expect.stringContaining('say what you sign') });
  });

  it('who rejects without a reason', async () => {
    const refusal = await refusalOf(ada.runs.reject.mutate({ id: run.id, reason: ' ' }));
    expect(refusal).toMatchObject({ code: 'invalid_input', message: expect.stringContaining('a reason is needed') });
  });

  it('a run that asks nobody', async () => {
    const { id } = await sluice.runs.start.mutate({ spec: askingSpec({ approvals: { promote: 0 } }) });
    expect(await untilFinal(sluice, id)).toMatchObject({ status: 'completed', action: 'roll_forward' });
    const refusal = await refusalOf(ada.runs.approve.mutate({ id, evidenceHash: 'x' }));
    expect(refusal.message).toBe(`run ${id} is completed and asks nobody for approval`);
  });

  it('a run that was decided, by name of who did', async () => {
    const decided = await awaitingRun(sluice);
    await ada.runs.reject.mutate({ id: decided.id, reason: 'no' });
    const refusal = await refusalOf(bob.runs.approve.mutate(evidenceOf(decided)));
    expect(refusal.message).toMatch(/^run run_\w+ is decided already: rejected at \S+ by ada$/);
  });
});

describe('a request lapses', () => {
  const solve = (right: number) => ({ adapter: 'function', function: 'solve', parameters: { right } }) as const;

  it('when the production version that was control is another now', async () => {
    const other = await clientOf(stack, 'otto', 'engineer');
    await other.agents.push.mutate({ agent: 'moving', config: solve(5) });
    await other.agents.push.mutate({ agent: 'moving', config: solve(10) });
    const variants = {
      control: { agent: 'moving', version: 'production' },
      candidate: { agent: 'moving', version: 2 },
    } as const;
    const run = await awaitingRun(sluice, { variants });
    // A worker that looks just then would find it out itself.
    await stack.stopWorkers();
    await as('admin').agents.setProduction.mutate({ agent: 'moving', version: 2, reason: 'incident' });
    expect((await ada.approvals.get.query({ id: run.id })).changed).toContain('control changed');
    const refusal = await refusalOf(ada.runs.approve.mutate(evidenceOf(run)));
    expect(refusal).toMatchObject({
      code: 'conflict',
      message: `run ${run.id} can no longer be approved: The request lapsed: control changed: the production version of agent moving is 2 now, and the run measured 1.`,
      fix: expect.stringContaining(`sluice run rerun ${run.id}`),
    });
    const done = await untilFinal(sluice, run.id);
    expect(done).toMatchObject({ verdict: 'pass', action: 'hold', approval: { state: 'lapsed', approvals: [] } });
    expect(done.reasons[0]).toContain('control changed');
    expect(await audited(run.id)).toMatchObject([{ verb: 'run.decide', detail: { state: 'lapsed', action: 'hold' } }]);
    await stack.startWorker();
  });

  it('when the gate that it names without a version has a newer one', async () => {
    const other = await clientOf(stack, 'otto', 'engineer');
    const policy = (confidence: number) => ({ criteria: [{ metric: 'correct', confidence }] });
    await other.gates.push.mutate({ name: 'strict', policy: policy(0.9) });
    const run = await awaitingRun(sluice, { gate: 'strict' });
    await other.gates.push.mutate({ name: 'strict', policy: policy(0.99) });
    const refusal = await refusalOf(ada.runs.approve.mutate(evidenceOf(run)));
    expect(refusal.message).toContain('the policy changed: the newest version of gate strict is 2 now');
  });

  it('not when its candidate is named by number', async () => {
    const other = await clientOf(stack, 'otto', 'engineer');
    await other.agents.push.mutate({ agent: 'fixed', config: solve(10) });
    const run = await awaitingRun(sluice, {
      variants: { control: solver(5), candidate: { agent: 'fixed', version: 1 } },
    });
    await other.agents.push.mutate({ agent: 'fixed', config: solve(11) });
    expect(await ada.runs.approve.mutate(evidenceOf(run))).toMatchObject({ action: 'roll_forward' });
  });
});

it('what was approved once is asked anew when failed trials were made again: the earlier approval does not carry over', async () => {
  const stub = await startStubAgent();
  try {
    const agent = (path: string) => ({ adapter: 'http', url: `${stub.url}${path}` }) as const;
    const run = await awaitingRun(sluice, {
      variants: { control: agent('/run'), candidate: agent('/flaky') },
      evaluators: [],
      retries: 0,
      gate: { criteria: [{ metric: 'errorRate', hypothesis: 'absolute', max: 1 }] },
    });
    await ada.runs.approve.mutate(evidenceOf(run));
    expect(await sluice.runs.retry.mutate({ id: run.id })).toMatchObject({ changed: true, trials: 20 });
    const again = await untilRun(sluice, run.id, ({ status }) => status === 'awaiting_approval');
    expect(again).toMatchObject({ counts: { failed: 0 }, action: null, approval: { state: 'open', approvals: [] } });
    const refusal = await refusalOf(bob.runs.approve.mutate(evidenceOf(run)));
    expect(refusal.message).toContain('is not what you looked at');
    const named = await refusalOf(bob.runs.approve.mutate({ id: run.id, requestId: run.approval?.requestId ?? '' }));
    expect(named.message).toContain('is decided already: approved');
    expect(await ada.runs.approve.mutate(evidenceOf(again))).toMatchObject({ action: 'roll_forward' });
    expect(await decisionsOf(run.id)).toHaveLength(2);
  } finally {
    await stub.close();
  }
});

describe('a request whose time is over', () => {
  it('ends the run with hold', async () => {
    const { id } = await sluice.runs.start.mutate({ spec: askingSpec({ approvals: { promote: 2, ttl: '1s' } }) });
    const done = await untilFinal(sluice, id);
    expect(done).toMatchObject({
      status: 'completed',
      verdict: 'pass',
      action: 'hold',
      approval: { state: 'expired' },
    });
    expect(done.reasons[0]).toMatch(/^Not approved in time: 0 of 2 approvals by /);
    const refusal = await refusalOf(ada.runs.approve.mutate(evidenceOf(done)));
    expect(refusal.message).toMatch(/^request apr_\w+ of run run_\w+ expired at \S+: an answer comes too late$/);
  });

  it('takes no answer also while no worker is there to end it', async () => {
    const run = await awaitingRun(sluice, { approvals: { promote: 1, ttl: '2s' } });
    await stack.stopWorkers();
    await sql`select pg_sleep_until(${run.approval?.expiresAt}::text::timestamptz)`.execute(db);
    expect((await sluice.runs.get.query({ id: run.id })).approval?.state).toBe('expired');
    const refusal = await refusalOf(ada.runs.approve.mutate(evidenceOf(run)));
    expect(refusal.message).toContain('an answer comes too late');
    expect((await sluice.runs.get.query({ id: run.id })).status).toBe('awaiting_approval');
    await stack.startWorker();
    expect(await untilFinal(sluice, run.id)).toMatchObject({ action: 'hold', approval: { state: 'expired' } });
    expect(await decisionsOf(run.id)).toHaveLength(1);
  });
});

describe('the list of what waits', () => {
  it('tells everybody what they may answer, and why not', async () => {
    const run = await awaitingRun(sluice, { name: 'listed' });
    const mine = await ada.approvals.list.query({ mine: true });
    expect(mine.find(({ runId }) => runId === run.id)).toMatchObject({
      name: 'listed',
      requestedBy: 'person:engineer',
      mine: true,
      why: null,
      approval: { evidenceHash: run.approval?.evidenceHash, quorum: 1 },
    });
    expect(await sluice.approvals.list.query({ mine: true })).toEqual([]);
    const all = await sluice.approvals.list.query({});
    expect(all.find(({ runId }) => runId === run.id)?.why).toContain('that needs the role approver');
    const page = await ada.approvals.get.query({ id: run.id });
    expect(page).toMatchObject({ requestedBy: 'person:engineer', verdict: 'pass', mine: true, changed: null });
    expect(page.comparisons).toEqual(run.comparisons);
    expect(page.contributors).toContainEqual({ actor: 'person:engineer', did: 'pushed dataset numbers@1' });
    await ada.runs.approve.mutate(evidenceOf(run));
    expect((await ada.approvals.list.query({})).map(({ runId }) => runId)).not.toContain(run.id);
  });

  it('is read by whoever may see runs', async () => {
    expect(await as('viewer').approvals.list.query({})).toEqual(expect.any(Array));
    expect(keys.ingest).toBeDefined();
    expect((await refusalOf(as('ingest').approvals.list.query({}))).code).toBe('forbidden');
  });
});

it('what was asked and answered cannot be changed in the database', async () => {
  await expect(sql`update approval_request set quorum = 9`.execute(db)).rejects.toThrow('approval_request is frozen');
  await expect(sql`delete from approval_request`.execute(db)).rejects.toThrow('frozen: delete refused');
  await expect(sql`update approval_request set state = 'open'`.execute(db)).rejects.toThrow('frozen: update refused');
});
