import { sql } from 'kysely';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isFinal } from '../../schema/contracts/words.ts';
import { findSplit } from '../../store/traffic/find-split.ts';
import { insertExposures } from '../../store/traffic/insert-exposures.ts';
import { clientOf, evidenceOf } from '../support/awaiting-run.ts';
import { eventually } from '../support/eventually.ts';
import { untilFinal, untilRun } from '../support/follow-run.ts';
import { refusalOf } from '../support/refusal-of.ts';
import { useTestStack } from '../support/test-stack.ts';
import { askingRollout, freshUnits, pushSupportBot, rolloutSpec, untilResult } from './use-rollout.ts';

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
  await as('admin').agents.setProduction.mutate({ agent: 'support-bot', version: 1, reason: 'for the next test' });
});
const ada = await clientOf(stack, 'ada');
const bob = await clientOf(stack, 'bob');
const start = async (more: Parameters<typeof rolloutSpec>[0]) =>
  (await sluice.runs.start.mutate({ spec: rolloutSpec(more) })).id;
const untilAsked = (id: string) =>
  untilRun(sluice, id, (run) => run.status === 'awaiting_approval' && run.approval?.state === 'open');
const nextLook = async (id: string) => {
  const looked = () =>
    db.selectFrom('run').select(sql<string>`xmin::text`.as('version')).where('id', '=', id).executeTakeFirstOrThrow();
  const { version } = await looked();
  await eventually(async () => ((await looked()).version === version ? undefined : true));
};
const abort = (id: string) => sluice.runs.abort.mutate({ id });

describe('a stage that needs persons', () => {
  it('is entered once they have signed, and not a unit before', async () => {
    const id = await start({ approvals: { stages: { '1': 1 }, promote: 0 } });
    const asked = await untilAsked(id);
    expect(asked).toMatchObject({
      phase: 'requested',
      stage: 0,
      share: 0,
      approval: { action: 'enter_stage', stage: 1 },
    });
    expect(await findSplit(db, agentId)).toBeNull();
    await ada.runs.approve.mutate(evidenceOf(asked));
    expect(await untilResult(stack, id, ({ stage }) => stage === 1)).toMatchObject({ status: 'running', share: 0.2 });
    await abort(id);
    expect(await sluice.runs.get.query({ id })).toMatchObject({ status: 'aborted', share: 0, phase: 'ended' });
  });

  it('is never entered when it is rejected: control stays, and the reason is shown as it was given', async () => {
    const id = await start({ approvals: { stages: { '1': 1 }, promote: 0 } });
    await untilAsked(id);
    await ada.runs.reject.mutate({ id, reason: 'not on a Friday' });
    const run = await untilFinal(sluice, id);
    expect(run).toMatchObject({
      action: 'hold',
      verdict: 'inconclusive',
      reasons: ['Rejected by ada: not on a Friday'],
    });
  });

  it('keeps its persons when the stage is skipped', async () => {
    const stages = [0.1, 0.2, 0.3].map((traffic) => ({ traffic, minDuration: '1h', minSamples: 50 }));
    const id = await start({ stages, approvals: { stages: { '2': 2 }, promote: 0 } });
    await untilResult(stack, id, ({ stage }) => stage === 1);
    await sluice.runs.steer.mutate({ id, command: 'skip', reason: 'stage 2 is dull' });
    const asked = await untilAsked(id);
    expect(asked.approval).toMatchObject({ action: 'enter_stage', stage: 3, quorum: 2 });
    await ada.runs.approve.mutate(evidenceOf(asked));
    await bob.runs.approve.mutate(evidenceOf(asked));
    const entered = await untilResult(stack, id, ({ stage }) => stage === 3);
    expect(entered.decisions).toMatchObject([{ verdict: 'inconclusive', evidenceHash: asked.approval?.evidenceHash }]);
    const refusal = await refusalOf(sluice.runs.steer.mutate({ id, command: 'skip', reason: 'again' }));
    expect(refusal.message).toBe(`run ${id} is running (stage) and cannot skip: its last stage has no next one`);
    await abort(id);
  });
});

describe('a promotion that needs persons', () => {
  it('rests on what they signed: its decision has their evidence', async () => {
    const run = await askingRollout(stack, agentId);
    await ada.runs.approve.mutate(evidenceOf(run));
    const done = await untilFinal(sluice, run.id);
    expect(done).toMatchObject({ verdict: 'pass', action: 'roll_forward', verdicts: { candidate: 'pass' } });
    expect(done.decisions?.at(-1)?.evidenceHash).toBe(run.approval?.evidenceHash);
  });

  it('that is rejected returns to control, also while the rollout is paused', async () => {
    const run = await askingRollout(stack, agentId);
    await sluice.runs.pause.mutate({ id: run.id });
    await ada.runs.reject.mutate({ id: run.id, reason: 'tone' });
    expect(await untilFinal(sluice, run.id)).toMatchObject({ action: 'roll_back', reasons: ['Rejected by ada: tone'] });
    expect((await findSplit(db, agentId))?.variants).toEqual([{ name: 'control', version: 1, range: [0, 1] }]);
  });

  it('that is approved while the rollout is paused happens when it is resumed, and not before', async () => {
    const run = await askingRollout(stack, agentId);
    await sluice.runs.pause.mutate({ id: run.id });
    await ada.runs.approve.mutate(evidenceOf(run));
    // Two looks later nothing has happened.
    for (const _ of [1, 2]) await nextLook(run.id);
    expect(await sluice.runs.get.query({ id: run.id })).toMatchObject({
      status: 'paused',
      approval: { state: 'approved' },
    });
    await sluice.runs.resume.mutate({ id: run.id });
    expect(await untilFinal(sluice, run.id)).toMatchObject({ action: 'roll_forward' });
  });

  it('that was approved but not used within its ttl is asked for anew', async () => {
    const run = await askingRollout(stack, agentId, { approvals: { promote: 1, ttl: '5s' } });
    await sluice.runs.pause.mutate({ id: run.id });
    await ada.runs.approve.mutate(evidenceOf(run));
    await eventually(() =>
      db
        .selectFrom('approval_request')
        .select('id')
        .where('run_id', '=', run.id)
        .where('expires_at', '<', sql<Date>`clock_timestamp()`)
        .executeTakeFirst(),
    );
    await sluice.runs.resume.mutate({ id: run.id });
    const again = await untilAsked(run.id);
    expect(again.approval?.requestId).not.toBe(run.approval?.requestId);
    await ada.runs.approve.mutate(evidenceOf(again));
    expect(await untilFinal(sluice, run.id)).toMatchObject({ action: 'roll_forward' });
  });

  it('nobody signs in time is held, and `advance` asks anew', async () => {
    const run = await askingRollout(stack, agentId, { approvals: { promote: 1, ttl: '1s' } });
    const held = await untilRun(
      sluice,
      run.id,
      ({ status, approval }) => status === 'running' && approval?.state === 'expired',
    );
    expect(held.reasons[0]).toMatch(/^Not approved in time: the request apr_\w+ expired\.$/);
    const late = await refusalOf(ada.runs.approve.mutate(evidenceOf(run)));
    expect(late.message).toMatch(/expired at .*: an answer comes too late$/);
    await sluice.runs.steer.mutate({ id: run.id, command: 'advance', reason: 'they are back' });
    const again = await untilAsked(run.id);
    expect(again.approval?.requestId).not.toBe(run.approval?.requestId);
    await abort(run.id);
    const gone = await refusalOf(ada.runs.approve.mutate(evidenceOf(again)));
    expect(gone.message).toBe(`run ${run.id} can no longer be approved: The run was aborted.`);
  });

  it('lapses when another version becomes the production version, and the rollout is held', async () => {
    const run = await askingRollout(stack, agentId);
    await sluice.agents.push.mutate({
      agent: 'support-bot',
      config: { adapter: 'function', function: 'solve', parameters: { right: 9 } },
    });
    await as('admin').agents.setProduction.mutate({ agent: 'support-bot', version: 3, reason: 'hotfix' });
    const held = await untilRun(sluice, run.id, ({ approval }) => approval?.state === 'lapsed');
    expect(held.reasons[0]).toBe('control_changed: the production version is 3 now, and the rollout compares with 1');
    const refusal = await refusalOf(ada.runs.approve.mutate(evidenceOf(run)));
    expect(refusal.message).toMatch(/can no longer be approved: The request lapsed: control_changed/);
    await abort(run.id);
    expect((await findSplit(db, agentId))?.variants).toMatchObject([{ version: 3 }]);
  });

  it('lapses when the sample ratio breaks, and its approval does not come back with the ratio', async () => {
    const run = await askingRollout(stack, agentId, { srmGrace: '1h' });
    const split = await findSplit(db, agentId);
    const from = freshUnits();
    await sluice.runs.pause.mutate({ id: run.id });
    await ada.runs.approve.mutate(evidenceOf(run));
    await insertExposures(db, {
      agentId,
      exposures: Array.from({ length: 900 }, (_, index) => ({
        unit: `stray-${from + index}`,
        variant: 'candidate',
        revision: split?.revision ?? 0,
        at: new Date(),
      })),
    });
    await untilResult(stack, run.id, ({ sampleRatio }) => sampleRatio?.state === 'mismatch');
    const state = () =>
      db.selectFrom('rollout_state').selectAll().where('run_id', '=', run.id).executeTakeFirstOrThrow();
    await eventually(async () => ((await state()).voided_request === run.approval?.requestId ? true : undefined));
    await sluice.runs.resume.mutate({ id: run.id });
    await sluice.runs.steer.mutate({ id: run.id, command: 'advance', reason: 'go' });
    // What is ordered waits as well: arms that cannot be compared are not compared.
    await untilResult(
      stack,
      run.id,
      ({ status, reasons }) => status === 'running' && /ratio|share/.test(reasons[0] ?? ''),
    );
    expect(await sluice.runs.get.query({ id: run.id })).toMatchObject({ share: 0.5, stage: 1 });
    await abort(run.id);
  });
});

describe('refused in words is', () => {
  it('who started it, who pushed the candidate, a second key, a service, another role, and stale evidence', async () => {
    const carla = await clientOf(stack, 'carla', 'admin');
    await carla.agents.push.mutate({
      agent: 'support-bot',
      config: { adapter: 'function', function: 'solve', parameters: { right: 8 } },
    });
    const eve = await clientOf(stack, 'eve', 'engineer');
    const { id } = await eve.runs.start.mutate({
      spec: rolloutSpec({ candidate: 4, approvals: { stages: { '1': 2 }, promote: 0 } }),
    });
    const asked = await untilAsked(id);
    const said = async (who: typeof ada) => (await refusalOf(who.runs.approve.mutate(evidenceOf(asked)))).message;
    expect(await said(await clientOf(stack, 'eve'))).toMatch(/eve started it, and nobody approves their own change$/);
    expect(await said(carla)).toMatch(
      /carla pushed agent support-bot@4, which the run rests on, and contributors do not approve$/,
    );
    expect(await said(await clientOf(stack, 'service:ci'))).toMatch(
      /approvals are given by persons, and this key belongs to a service$/,
    );
    expect(await said(sluice)).toMatch(/that needs the role approver, and this key has engineer$/);
    expect(await said(as('on_call'))).toMatch(/that needs the role approver, and this key has on_call$/);
    await ada.runs.approve.mutate(evidenceOf(asked));
    expect(await said(await clientOf(stack, 'ada'))).toMatch(
      /ada has already answered request apr_\w+ \(approved at .* with another key\)/,
    );
    const stale = await refusalOf(bob.runs.approve.mutate({ id, evidenceHash: 'f'.repeat(64) }));
    expect(stale.message).toMatch(/the evidence of run run_\w+ is not what you looked at/);
    await abort(id);
  });

  it('a rollout whose experiment has not passed, at the start and again before the first unit', async () => {
    const early = await refusalOf(
      sluice.runs.start.mutate({ spec: rolloutSpec({ requires: { experiment: 'passed' } }) }),
    );
    expect(early.message).toMatch(
      /^requires: no experiment has passed that compared version 2 of agent support-bot with version 1$/,
    );
    const id = await start({ approvals: { stages: { '1': 1 }, promote: 0 } });
    const asked = await untilAsked(id);
    // As if an experiment that had passed was judged again since.
    await sql`update run set plan = plan || '{"requires": {"experimentRunId": "run_gone"}}' where id = ${id}`.execute(
      db,
    );
    await ada.runs.approve.mutate(evidenceOf(asked));
    const held = await untilResult(stack, id, ({ reasons }) => /^requires: /.test(reasons[0] ?? ''));
    expect(held).toMatchObject({ phase: 'requested', share: 0 });
    await abort(id);
  });

  it('what only experiments can do, in a sentence that says so', async () => {
    const id = await start({});
    const calls: [string, () => Promise<unknown>][] = [
      ['retried', () => sluice.runs.retry.mutate({ id })],
      ['run anew', () => sluice.runs.rerun.mutate({ id })],
      ['given another budget', () => sluice.runs.raiseBudget.mutate({ id, maxCostUsd: 5 })],
      ['read example by example', () => sluice.runs.examples.query({ id, metric: 'resolved' })],
      ['compared example by example', () => sluice.runs.diff.query({ a: { run: id }, b: { run: id } })],
      ['scored', () => sluice.runs.score.mutate({ id, evaluators: [{ type: 'regex', name: 'x', pattern: 'y' }] })],
    ];
    for (const [verb, call] of calls) {
      const { code, message } = await refusalOf(call());
      expect([code, message]).toEqual(['conflict', `run ${id} is of kind rollout: only experiments can be ${verb}`]);
    }
    expect(await sluice.runs.spec.query({ id })).toMatchObject({
      plan: { kind: 'rollout' },
      spec: { name: 'support-bot-v2' },
    });
    expect((await sluice.runs.list.query({ limit: 1 }))[0]).toMatchObject({ id, kind: 'rollout' });
    await abort(id);
  });
});
