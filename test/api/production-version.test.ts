import { describe, expect, it } from 'vitest';
import { experimentSpec } from '../support/experiment-spec.ts';
import { untilFinal } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { refusalOf } from '../support/refusal-of.ts';
import { useTestStack } from '../support/test-stack.ts';

const { as, db, sluice } = await useTestStack();
await pushDataset(sluice, 'numbers', numberedRows(20));

/** An agent with three versions, the first of which is in production. */
async function pushAgent(name: string): Promise<void> {
  for (const right of [1, 10, 20]) {
    const config = { adapter: 'function', function: 'solve', parameters: { right } } as const;
    await sluice.agents.push.mutate({ agent: name, config });
  }
}

async function productionOf(name: string): Promise<number | null | undefined> {
  return (await sluice.agents.list.query()).find((agent) => agent.name === name)?.productionVersion;
}

async function auditOf(name: string) {
  const events = await db
    .selectFrom('audit_event')
    .select(['actor', 'verb', 'subject', 'detail'])
    .where('verb', '=', 'agent.set_production')
    .orderBy('number')
    .execute();
  return events.filter((event) => event.subject.startsWith(`agent:${name}@`));
}

const baseline = (name: string) =>
  experimentSpec({
    variants: { control: { agent: name, version: 'production' }, candidate: { agent: name, version: 3 } },
    gate: { criteria: [{ metric: 'correct', hypothesis: 'superior' }] },
  });

describe('the production version of an agent', () => {
  it('is the baseline of an experiment, and a passed experiment does not change it', async () => {
    await pushAgent('baseline');
    const { id } = await sluice.runs.start.mutate({ spec: baseline('baseline') });
    expect(await untilFinal(sluice, id)).toMatchObject({ verdict: 'pass', action: 'roll_forward' });
    const { plan } = await sluice.runs.spec.query({ id });
    expect(plan.variants.map((variant) => variant.agent?.version)).toEqual([1, 3]);
    expect(await productionOf('baseline')).toBe(1);
  });

  it('is changed by an admin who says why; the audit log keeps who, what, from what and why', async () => {
    await pushAgent('declared');
    const change = { agent: 'declared', version: 2, reason: 'deployed by hand' };
    expect(await as('admin').agents.setProduction.mutate(change)).toEqual({
      agent: 'declared',
      version: 2,
      previous: 1,
      changed: true,
    });
    expect(await as('admin').agents.setProduction.mutate(change)).toMatchObject({ previous: 2, changed: false });
    expect(await productionOf('declared')).toBe(2);
    expect(await auditOf('declared')).toEqual([
      {
        actor: 'person:admin',
        verb: 'agent.set_production',
        subject: 'agent:declared@2',
        detail: { reason: 'deployed by hand', previous: 1 },
      },
    ]);
  });

  it('stays what it was for runs that resolved it before', async () => {
    await pushAgent('moving');
    const { id } = await sluice.runs.start.mutate({ spec: baseline('moving') });
    await as('admin').agents.setProduction.mutate({ agent: 'moving', version: 2, reason: 'deployed by hand' });
    expect((await sluice.runs.spec.query({ id })).plan.variants[0]?.agent).toEqual({ name: 'moving', version: 1 });
    const { id: later } = await sluice.runs.start.mutate({ spec: baseline('moving') });
    expect((await sluice.runs.spec.query({ id: later })).plan.variants[0]?.agent?.version).toBe(2);
  });

  it('is not changed by others, without a reason, or to a version that is not there', async () => {
    await pushAgent('guarded');
    const change = { agent: 'guarded', version: 2, reason: 'deployed by hand' };
    for (const role of ['viewer', 'engineer', 'approver', 'on_call'] as const) {
      expect(await refusalOf(as(role).agents.setProduction.mutate(change))).toMatchObject({ code: 'forbidden' });
    }
    const admin = as('admin').agents.setProduction;
    expect(await refusalOf(admin.mutate({ ...change, reason: ' ' }))).toMatchObject({ code: 'invalid_input' });
    const missing = await refusalOf(admin.mutate({ ...change, version: 9 }));
    expect(missing).toMatchObject({ code: 'not_found', message: 'agent guarded has no version 9; it has 1, 2, 3' });
    expect(await refusalOf(admin.mutate({ ...change, agent: 'guraded' }))).toMatchObject({ code: 'not_found' });
    expect(await productionOf('guarded')).toBe(1);
    expect(await auditOf('guarded')).toEqual([]);
  });

  it('is changed once by twenty at once', async () => {
    await pushAgent('raced');
    const change = { agent: 'raced', version: 3, reason: 'deployed by hand' };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => as('admin').agents.setProduction.mutate(change)),
    );
    expect(answers.filter((answer) => answer.changed)).toHaveLength(1);
    expect(await auditOf('raced')).toHaveLength(1);
  });
});
