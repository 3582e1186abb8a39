import { afterEach, beforeAll, describe, expect, it, test } from 'vitest';
import { isFinal } from '../../schema/contracts/words.ts';
import { countDroppedExposures } from '../../store/traffic/count-dropped-exposures.ts';
import { findSplit } from '../../store/traffic/find-split.ts';
import { clientOf } from '../support/awaiting-run.ts';
import { eventually } from '../support/eventually.ts';
import { untilFinal } from '../support/follow-run.ts';
import { refusalOf } from '../support/refusal-of.ts';
import { useTestStack } from '../support/test-stack.ts';
import { freshUnits, pushSupportBot, rolloutSpec, sendUnits, untilResult } from './use-rollout.ts';

const stack = await useTestStack();
const { as, db, sluice } = stack;
let agentId: string;
beforeAll(async () => {
  agentId = await pushSupportBot(stack);
});
afterEach(async () => {
  for (const { id, status } of await sluice.runs.list.query({ limit: 5 })) {
    if (!isFinal(status)) await sluice.runs.abort.mutate({ id });
  }
  for (const { id } of await sluice.traffic.freezes.query())
    await as('on_call').traffic.endFreeze.mutate({ id, reason: 'next test' });
  await as('admin').agents.setProduction.mutate({ agent: 'support-bot', version: 1, reason: 'for the next test' });
});
const oneStage = [{ traffic: 0.5, minDuration: '10ms', minSamples: 50 }];
const start = async (more: Parameters<typeof rolloutSpec>[0] = {}) =>
  (await sluice.runs.start.mutate({ spec: rolloutSpec(more) })).id;
const inStage = (id: string, stage = 1) => untilResult(stack, id, (result) => result.stage === stage);
const send = (count: number, rate: (variant: string) => number = () => 0.7) =>
  sendUnits(stack, agentId, { from: freshUnits(), count, rate });
const harmful = (variant: string) => (variant === 'candidate' ? 0.2 : 0.7);
const production = async () =>
  (await db.selectFrom('agent').select('production_version').where('id', '=', agentId).executeTakeFirstOrThrow())
    .production_version;

test('a stage that shows too little by its maxDuration is rolled back by policy: inconclusive, not failed', async () => {
  const id = await start({ stages: [{ traffic: 0.5, minDuration: '10ms', minSamples: 50, maxDuration: '1s' }] });
  const result = await untilFinal(sluice, id);
  expect(result).toMatchObject({ verdict: 'inconclusive', action: 'roll_back', share: 0 });
  expect(result.decisions).toMatchObject([{ verdict: 'inconclusive', action: 'roll_back' }]);
  expect(result.reasons[0]).toBe('the stage is at its maxDuration, and the policy answers roll_back');
});

describe('harm', () => {
  it('rolls a paused rollout back, and says how long that took', async () => {
    const id = await start();
    await inStage(id);
    await sluice.runs.pause.mutate({ id });
    const sentAt = performance.now();
    await send(1_500, harmful);
    const result = await untilFinal(sluice, id);
    expect(result).toMatchObject({ status: 'completed', action: 'roll_back', verdicts: { candidate: 'fail' } });
    expect(result.rollbackMs).toBeGreaterThan(0);
    expect(result.rollbackMs).toBeLessThan(performance.now() - sentAt);
  });

  it('rolls a frozen rollout back', async () => {
    await as('on_call').traffic.freeze.mutate({ reason: 'Christmas' });
    const id = await start();
    await untilResult(stack, id, ({ reasons }) => reasons[0] === 'frozen: Christmas');
    expect(await findSplit(db, agentId).then((split) => split?.runId ?? null)).toBeNull();
    const [freeze] = await sluice.traffic.freezes.query();
    await as('on_call').traffic.endFreeze.mutate({ id: freeze?.id ?? '', reason: 'over' });
    await inStage(id);
    await as('on_call').traffic.freeze.mutate({ reason: 'New Year' });
    await send(1_500, harmful);
    expect(await untilFinal(sluice, id)).toMatchObject({ action: 'roll_back' });
  });

  it('under watch takes the promoted version out of production', async () => {
    const id = await start({ stages: oneStage, watch: '1h', holdback: 0.2 });
    await inStage(id);
    await send(300);
    await untilResult(stack, id, ({ phase }) => phase === 'watch');
    expect(await production()).toBe(2);
    await send(3_000, harmful);
    expect(await untilFinal(sluice, id)).toMatchObject({ action: 'roll_back', phase: 'ended' });
    expect(await production()).toBe(1);
    expect((await findSplit(db, agentId))?.variants).toEqual([{ name: 'control', version: 1, range: [0, 1] }]);
  });

  it('with `onHarm: hold` waits for a person, under watch too', async () => {
    const id = await start({ stages: oneStage, watch: '500ms', holdback: 0.2, onHarm: 'hold' });
    await inStage(id);
    await send(300);
    await untilResult(stack, id, ({ phase }) => phase === 'watch');
    await sluice.runs.steer.mutate({ id, command: 'extend', byMs: 3_600_000, reason: 'look longer' });
    await send(3_000, harmful);
    const held = await untilResult(stack, id, ({ reasons }) => /harm is shown/.test(reasons[0] ?? ''));
    expect(held).toMatchObject({ status: 'running', phase: 'watch' });
    const back = await as('on_call').agents.rollback.mutate({ agent: 'support-bot', reason: 'harm' });
    expect(back).toEqual({ agent: 'support-bot', from: 2, to: 1, endedRun: id });
  });
});

describe('a person who steers', () => {
  it('extends the watch, and ends it', async () => {
    const id = await start({ stages: oneStage, watch: '1h' });
    await inStage(id);
    await send(300);
    expect(await untilResult(stack, id, ({ phase }) => phase === 'watch')).toMatchObject({ share: 0.98 });
    await sluice.runs.steer.mutate({ id, command: 'advance', reason: 'long enough' });
    expect(await untilFinal(sluice, id)).toMatchObject({
      verdict: 'inconclusive',
      action: 'roll_forward',
      reasons: ['advance was ordered by engineer: long enough'],
    });
    expect(await production()).toBe(2);
  });

  it('jumps past the waiting: the decision says that it was ordered, and is no pass', async () => {
    const id = await start({
      stages: [
        { traffic: 0.2, minDuration: '1h' },
        { traffic: 0.5, minDuration: '1h' },
      ],
    });
    await inStage(id);
    await sluice.runs.steer.mutate({ id, command: 'advance', reason: 'known from last week' });
    const moved = await inStage(id, 2);
    expect(moved.decisions).toMatchObject([{ verdict: 'inconclusive', action: 'roll_forward' }]);
    await sluice.runs.steer.mutate({ id, command: 'advance', reason: 'and again' });
    const done = await untilFinal(sluice, id);
    expect(done).toMatchObject({ verdict: 'inconclusive', action: 'roll_forward' });
    expect(done.reasons[0]).toBe('advance was ordered by engineer: and again');
  });

  it('who orders a promotion past a goal that is not shown needs those who sign', async () => {
    const goal = { metric: 'thanked', goal: 'superior' as const, kind: 'binary' as const, silence: 'exclude' as const };
    const metrics = [...(rolloutSpec().metrics ?? []), goal];
    const id = await start({ metrics, stages: [{ traffic: 0.5, minDuration: '1h' }] });
    await inStage(id);
    await sluice.runs.steer.mutate({ id, command: 'advance', reason: 'I like it' });
    const held = await untilResult(stack, id, ({ reasons }) => /^no candidate can be told/.test(reasons[0] ?? ''));
    expect(held.goals).toMatchObject([{ metric: 'thanked', verdict: 'inconclusive' }]);
    expect(await production()).toBe(1);
  });

  it('ends a hold for lost exposures for good, by looking at it once', async () => {
    const id = await start({
      stages: [
        { traffic: 0.2, minDuration: '1h' },
        { traffic: 0.5, minDuration: '1h' },
      ],
    });
    await inStage(id);
    await countDroppedExposures(db, { runId: id, count: 7 });
    await untilResult(stack, id, ({ reasons }) => /^7 exposures were lost/.test(reasons[0] ?? ''));
    await sluice.runs.steer.mutate({ id, command: 'advance', reason: 'a disk was full for a minute' });
    await untilResult(stack, id, ({ stage, reasons }) => stage === 2 && !reasons.join().includes('lost'));
    const { detail } = await db
      .selectFrom('audit_event')
      .select('detail')
      .where('verb', '=', 'run.advance')
      .where('subject', '=', `run:${id}`)
      .executeTakeFirstOrThrow();
    expect(detail).toMatchObject({ droppedExposures: 7, reason: 'a disk was full for a minute' });
  });

  it('needs the role for it, and hears why not', async () => {
    const id = await start({ stages: [{ traffic: 0.2, minDuration: '1h' }] });
    await inStage(id);
    const viewer = await clientOf(stack, 'vic', 'viewer');
    for (const call of [
      () => viewer.runs.steer.mutate({ id, command: 'advance', reason: 'x' }),
      () => viewer.runs.start.mutate({ spec: rolloutSpec() }),
      () => viewer.agents.rollback.mutate({ agent: 'support-bot', reason: 'x' }),
      () => viewer.traffic.emergencyStop.mutate({ reason: 'x' }),
      () => as('approver').runs.steer.mutate({ id, command: 'advance', reason: 'x' }),
    ]) {
      expect((await refusalOf(call())).code).toBe('forbidden');
    }
    const skip = await refusalOf(sluice.runs.steer.mutate({ id, command: 'skip', reason: 'x' }));
    expect(skip.message).toMatch(/cannot skip: its last stage has no next one$/);
  });
});

describe('one on-call person', () => {
  it('takes an agent back at once with every worker down; whatever the rollout did meanwhile, control is what comes back', async () => {
    const id = await start({ stages: oneStage });
    await inStage(id);
    await stack.stopWorkers();
    const answer = await as('on_call').agents.rollback.mutate({ agent: 'support-bot', reason: 'users complain' });
    expect(answer).toEqual({ agent: 'support-bot', from: 1, to: 1, endedRun: id });
    expect(await sluice.runs.get.query({ id })).toMatchObject({
      status: 'aborted',
      share: 0,
      reasons: ['rolled back by on_call: users complain'],
    });
    await stack.startWorker();
    await expect(stack.temporal.workflow.getHandle(`rollout/${id}`).result()).resolves.toBeUndefined();
    expect((await findSplit(db, agentId))?.variants).toMatchObject([{ version: 1 }]);
  });

  it('who comes as the promotion commits takes the promoted version back, and not the one before control', async () => {
    for (let round = 0; round < 5; round += 1) {
      const id = await start({ stages: oneStage });
      await inStage(id);
      await send(300);
      // Whenever it comes: control is in production afterwards.
      await eventually(async () => (round % 2 === 0 || (await production()) === 2 ? true : undefined));
      await as('on_call').agents.rollback.mutate({ agent: 'support-bot', reason: `round ${round}` });
      await untilFinal(sluice, id);
      expect([round, await production()]).toEqual([round, 1]);
    }
  });

  it('stops every rollout of the project, and nothing begins until the freeze ends', async () => {
    const id = await start();
    await inStage(id);
    const { stopped } = await as('on_call').traffic.emergencyStop.mutate({ reason: 'data leak' });
    expect(stopped).toEqual([id]);
    expect(await sluice.runs.get.query({ id })).toMatchObject({ status: 'aborted', share: 0 });
    const next = await start();
    const frozen = await untilResult(stack, next, ({ reasons }) => reasons[0] === 'frozen: emergency stop: data leak');
    expect(frozen).toMatchObject({ phase: 'requested', share: 0 });
  });
});
