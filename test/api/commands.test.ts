import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { experimentSpec } from '../support/experiment-spec.ts';
import { untilFinal } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { refusalOf } from '../support/refusal-of.ts';
import { useTestStack } from '../support/test-stack.ts';

// No worker runs until the last test starts one: commands are decided all the same.
const { db, sluice, startWorker, temporal } = await useTestStack({ workers: 0 });
await pushDataset(sluice, 'numbers', numberedRows(5));
const start = async () => (await sluice.runs.start.mutate({ spec: experimentSpec() })).id;
const auditOf = async (id: string) =>
  (
    await db.selectFrom('audit_event').select('verb').where('subject', '=', `run:${id}`).orderBy('number').execute()
  ).map((event) => event.verb);

describe('with all workers down', () => {
  it('pause, resume and abort are decided at once', async () => {
    const id = await start();
    expect(await sluice.runs.pause.mutate({ id })).toEqual({ id, status: 'paused', changed: true });
    expect(await sluice.runs.resume.mutate({ id })).toEqual({ id, status: 'queued', changed: true });
    expect(await sluice.runs.abort.mutate({ id, reason: 'wrong prompt' })).toEqual({
      id,
      status: 'aborted',
      changed: true,
    });
    expect(await sluice.runs.get.query({ id })).toMatchObject({ status: 'aborted', verdict: null, action: null });
    expect(await auditOf(id)).toEqual(['run.start', 'run.pause', 'run.resume', 'run.abort']);
  });

  it('the same command again changes nothing', async () => {
    const id = await start();
    await sluice.runs.pause.mutate({ id });
    expect(await sluice.runs.pause.mutate({ id })).toEqual({ id, status: 'paused', changed: false });
    expect(await auditOf(id)).toEqual(['run.start', 'run.pause']);
  });

  it('fifty aborts at once are one', async () => {
    const id = await start();
    const answers = await Promise.all(Array.from({ length: 50 }, () => sluice.runs.abort.mutate({ id })));
    expect(answers.filter((answer) => answer.changed)).toHaveLength(1);
    expect(answers.every((answer) => answer.status === 'aborted')).toBe(true);
    expect(await auditOf(id)).toEqual(['run.start', 'run.abort']);
  });

  it('what came first of a pause and an abort is kept, and an aborted run cannot be resumed', async () => {
    const id = await start();
    const [, aborted] = await Promise.allSettled([sluice.runs.pause.mutate({ id }), sluice.runs.abort.mutate({ id })]);
    expect(aborted.status).toBe('fulfilled');
    const refusal = await refusalOf(sluice.runs.resume.mutate({ id }));
    expect(refusal).toMatchObject({ code: 'conflict', message: `run ${id} is aborted and cannot be resumed` });
    expect(refusal.fix).toContain(`sluice run get ${id}`);
  });

  it('the reason of a command is in the audit', async () => {
    const id = await start();
    await sluice.runs.abort.mutate({ id, reason: 'wrong prompt' });
    const event = await db
      .selectFrom('audit_event')
      .select(['actor', 'detail'])
      .where('subject', '=', `run:${id}`)
      .where('verb', '=', 'run.abort')
      .executeTakeFirstOrThrow();
    expect(event).toEqual({ actor: 'person:engineer', detail: { reason: 'wrong prompt' } });
  });
});

it('a worker that comes later heeds what was decided before: one run waits, one is over, one runs', async () => {
  const [paused, aborted, plain] = await Promise.all([start(), start(), start()]);
  await sluice.runs.pause.mutate({ id: paused });
  await sluice.runs.abort.mutate({ id: aborted });
  await startWorker();
  expect(await untilFinal(sluice, plain)).toMatchObject({ status: 'completed' });
  const closed = await eventually(async () => {
    const { status } = await temporal.workflow.getHandle(`exp/${aborted}`).describe();
    return status.name === 'RUNNING' ? undefined : status.name;
  });
  expect(closed).toBe('COMPLETED');
  expect(await sluice.runs.get.query({ id: aborted })).toMatchObject({ status: 'aborted', agentCalls: 0 });
  expect(await sluice.runs.get.query({ id: paused })).toMatchObject({ status: 'paused', agentCalls: 0 });
  await sluice.runs.resume.mutate({ id: paused });
  expect(await untilFinal(sluice, paused)).toMatchObject({ status: 'completed', agentCalls: 10 });
});
