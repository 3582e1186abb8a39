import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { answerAs, useGateway } from './use-gateway.ts';

const gateway = useGateway();
const shadowStage = (share: number) =>
  gateway.rollout.split(0.5, {
    variants: [{ name: 'control', version: 1, range: [0, 1] }],
    shadow: { variant: 'candidate', version: 2, share },
  });
const inShadow = async (share: number) => {
  const revision = await shadowStage(share);
  await eventually(async () => {
    const response = await fetch(`${gateway.url}/v1/traffic/support-bot`, {
      headers: { authorization: `Bearer ${gateway.key}` },
    });
    return ((await response.json()) as { revision: number }).revision === revision || undefined;
  });
};
const callsOfTrace = (trace: string, count: number) =>
  eventually(async () => {
    const rows = await gateway.database.db
      .selectFrom('agent_call')
      .selectAll()
      .where('trace_id', '=', trace)
      .orderBy('shadow')
      .execute();
    return rows.length >= count ? rows : undefined;
  });

test('in a shadow stage users see control, the candidate answers the same unseen, and both are recorded as a pair', async () => {
  await inShadow(1);
  for (const stream of [false, true]) {
    const response = await gateway.chat('someone', { body: { stream } });
    expect(response.headers.get('x-sluice-variant')).toBe('control');
    expect(await response.text()).toContain('control');
    const calls = await callsOfTrace(response.headers.get('x-sluice-trace') as string, 2);
    expect(calls).toMatchObject([
      { variant: 'control', shadow: false, status: 'succeeded', run_id: gateway.rollout.runId },
      { variant: 'candidate', version: 2, shadow: true, status: 'succeeded', input_tokens: 1_000 },
    ]);
  }
  expect(gateway.candidate.asked.at(-1)?.body.messages).toEqual([{ role: 'user', content: 'Hello?' }]);
});

test('a candidate that hangs or fails in the shadow neither delays nor fails the answer', async () => {
  await inShadow(1);
  let release = () => {};
  gateway.candidate.answers((response, asked) => {
    release = () => answerAs('candidate')(response, asked);
  });
  const response = await gateway.chat('someone');
  expect(await response.text()).toContain('I am control');
  // Another one is answered while the first shadow call still hangs.
  expect((await gateway.chat('someone')).status).toBe(200);
  await eventually(() => gateway.candidate.asked.length > 1 || undefined);
  release();
  gateway.candidate.answers((failing) => failing.destroy());
  const failed = await gateway.chat('someone');
  expect(failed.status).toBe(200);
  const calls = await callsOfTrace(failed.headers.get('x-sluice-trace') as string, 2);
  expect(calls[1]).toMatchObject({ shadow: true, status: 'failed', error_class: 'connection_reset' });
});

test('the candidate is asked also where control failed: a pair counts the failures of both', async () => {
  await inShadow(1);
  gateway.control.answers((response) => response.destroy());
  const response = await gateway.chat('someone');
  expect(response.status).toBe(502);
  const calls = await callsOfTrace(response.headers.get('x-sluice-trace') as string, 2);
  expect(calls).toMatchObject([
    { variant: 'control', shadow: false, status: 'failed' },
    { variant: 'candidate', shadow: true, status: 'succeeded' },
  ]);
});

test('the share of units that are shadowed is that of the stage, the same ones every time', async () => {
  await inShadow(0.3);
  const shadowed = async () => {
    const before = gateway.candidate.asked.length;
    const units = Array.from({ length: 200 }, (_, index) => `unit-${index}`);
    for (const unit of units) await (await gateway.chat(unit)).arrayBuffer();
    // The last shadow call begins once its answer was sent.
    const last = await gateway.chat('someone');
    await callsOfTrace(last.headers.get('x-sluice-trace') as string, 1);
    return gateway.candidate.asked.length - before;
  };
  const first = await shadowed();
  expect(first).toBeGreaterThan(35);
  expect(first).toBeLessThan(90);
  expect(await shadowed()).toBe(first);
});
