import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSecretBox } from '../../api/webhooks/secret-box.ts';
import type { WebhookBody } from '../../schema/contracts/webhook.ts';
import { claimDeliveries } from '../../store/webhooks/deliveries.ts';
import { freshUnits, pushSupportBot, rolloutSpec, sendUnits, untilResult } from '../rollout/use-rollout.ts';
import { awaitingRun } from '../support/awaiting-run.ts';
import { eventually } from '../support/eventually.ts';
import { untilFinal } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { refusalOf } from '../support/refusal-of.ts';
import { useTestStack } from '../support/test-stack.ts';

const stack = await useTestStack();
const { as, db, sluice, url: apiUrl } = stack;
let agentId: string;

interface Arrived {
  headers: IncomingHttpHeaders;
  text: string;
  body: WebhookBody;
}
const arrived: Arrived[] = [];
/** What the receiver answers. */
let status = 204;
const receiver = createServer(async (request, response) => {
  let text = '';
  for await (const chunk of request) text += chunk;
  arrived.push({ headers: request.headers, text, body: JSON.parse(text) as WebhookBody });
  response.writeHead(status).end();
});
await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
const { port } = receiver.address() as AddressInfo;
const target = `http://127.0.0.1:${port}/hook?tenant=7`;
afterAll(() => void receiver.close());

let secret: string;
let endpoint: string;
beforeAll(async () => {
  agentId = await pushSupportBot(stack);
  await pushDataset(sluice, 'numbers', numberedRows(20));
  ({ id: endpoint, secret } = await as('admin').webhooks.create.mutate({ url: target }));
});
beforeEach(() => {
  arrived.length = 0;
  status = 204;
});
const untilArrived = (type: string, count = 1) =>
  eventually(() => {
    const found = arrived.filter(({ body }) => body.type === type);
    return found.length >= count ? found : undefined;
  }, 15_000);
const oneStage = [{ traffic: 0.5, minDuration: '10ms', minSamples: 50 }];

describe('a webhook', () => {
  it('is signed as the standard says, tells what is asked in one sentence, and links to yes and no', async () => {
    const { id } = await sluice.runs.start.mutate({
      spec: rolloutSpec({ stages: oneStage, approvals: { stages: { '1': 1 }, promote: 0 } }),
    });
    const [asked] = await untilArrived('rollout.approval_requested');
    const { headers, text, body } = asked as Arrived;
    expect(new Webhook(secret).verify(text, headers as Record<string, string>)).toEqual(body);
    expect(() =>
      new Webhook(secret).verify(text.replace('enter', 'leave'), headers as Record<string, string>),
    ).toThrow();
    expect(body.data).toMatchObject({
      runId: id,
      name: 'support-bot-v2',
      sentence: expect.stringMatching(/^support-bot-v2, asks to enter stage 1/),
      url: `${apiUrl}/runs/${id}`,
      stage: 1,
    });
    const { requestId, evidenceHash } = body.data;
    expect(body.data.approve).toBe(`${apiUrl}/runs/${id}?request=${requestId}&answer=approve`);
    expect(body.data.reject).toBe(`${apiUrl}/runs/${id}?request=${requestId}&answer=reject`);
    expect(body.data.commands?.approve).toBe(`sluice run approve ${id} --evidence ${evidenceHash}`);
    await as('approver').runs.reject.mutate({ id, reason: 'no' });
    await untilFinal(sluice, id);
  });

  it('tells of stages, of a promotion, and of a roll-back with how long it took', async () => {
    const good = await sluice.runs.start.mutate({ spec: rolloutSpec({ stages: oneStage }) });
    await untilResult(stack, good.id, ({ stage }) => stage === 1);
    await sendUnits(stack, agentId, { from: freshUnits(), count: 300, rate: () => 0.7 });
    const [promoted] = await untilArrived('rollout.promoted');
    expect(promoted?.body.data).toMatchObject({
      sentence: 'support-bot-v2 is promoted: version 2 of support-bot is in production',
      version: 2,
    });
    const [entered] = await untilArrived('rollout.stage_entered');
    expect(entered?.body.data).toMatchObject({ stage: 1, share: 0.5, agent: 'support-bot' });
    const bad = await sluice.runs.start.mutate({ spec: rolloutSpec({ candidate: 1, stages: oneStage }) });
    await untilResult(stack, bad.id, ({ stage }) => stage === 1);
    const rate = (variant: string) => (variant === 'candidate' ? 0.2 : 0.7);
    await sendUnits(stack, agentId, { from: freshUnits(), count: 1_000, rate });
    const [back] = await untilArrived('rollout.rolled_back');
    expect(back?.body.data.sentence).toMatch(/^support-bot-v2 is rolled back: resolved: harm is shown/);
    expect(back?.body.data.rollbackMs).toBeGreaterThan(0);
  });

  it('tells of the approvals of experiments too', async () => {
    const run = await awaitingRun(sluice);
    const [asked] = await untilArrived('experiment.approval_requested');
    expect(asked?.body.data).toMatchObject({ runId: run.id, requestId: run.approval?.requestId });
    await sluice.runs.abort.mutate({ id: run.id });
  });

  it('tells who is next once half of the time is over, unless somebody has answered', async () => {
    const asking = (ttl: string) =>
      rolloutSpec({ candidate: 1, approvals: { stages: { '1': 1 }, promote: 0, ttl, escalateTo: 'head-of-support' } });
    const waiting = await sluice.runs.start.mutate({ spec: asking('3s') });
    const [told] = await untilArrived('approval.escalated');
    expect(told?.body.data).toMatchObject({ runId: waiting.id, escalateTo: 'head-of-support' });
    await sluice.runs.abort.mutate({ id: waiting.id });
    const answered = await sluice.runs.start.mutate({ spec: asking('2s') });
    await untilArrived('rollout.approval_requested', 2);
    await as('approver').runs.reject.mutate({ id: answered.id, reason: 'no' });
    const states = () =>
      db.selectFrom('webhook_delivery').select('state').where('event', '=', 'approval.escalated').execute();
    await eventually(async () => ((await states()).every(({ state }) => state !== 'waiting') ? true : undefined));
    expect((await states()).map(({ state }) => state).sort()).toEqual(['delivered', 'needless']);
    expect(arrived.filter(({ body }) => body.type === 'approval.escalated')).toHaveLength(1);
  });

  it('that the receiver refuses comes again under the same id, and the list says how it went', async () => {
    status = 503;
    const run = await awaitingRun(sluice);
    await untilArrived('experiment.approval_requested');
    const [refused] = await as('admin').webhooks.list.query();
    await eventually(async () => {
      const [one] = await as('admin').webhooks.list.query();
      return one?.lastDelivery?.error ? true : undefined;
    });
    expect(refused).toMatchObject({ id: endpoint, url: target, events: null });
    expect(JSON.stringify(refused)).not.toContain('whsec_');
    status = 204;
    const [first, second] = await untilArrived('experiment.approval_requested', 2);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(second?.text).toBe(first?.text);
    expect(new Webhook(secret).verify(second?.text ?? '', second?.headers as Record<string, string>)).toBeTruthy();
    await sluice.runs.abort.mutate({ id: run.id });
  });

  it('whose sender died is sent by another, under the same id', async () => {
    const { id } = await as('admin').webhooks.create.mutate({ url: target, events: ['rollout.held'] });
    const endpointId = id;
    const insert = { id: 'msg_lost', endpoint_id: endpointId, event: 'rollout.held' };
    const body = JSON.stringify({
      type: 'rollout.held',
      timestamp: 'now',
      data: { runId: 'run_x', name: 'x', sentence: 'held' },
    });
    // Claimed by a sender that is no more, a minute ago.
    await db
      .insertInto('webhook_delivery')
      .values({ ...insert, body, tries: 1 })
      .execute();
    const [held] = await untilArrived('rollout.held');
    expect(held?.headers['webhook-id']).toBe('msg_lost');
    expect(await claimDeliveries(db, 10)).toEqual([]);
    await as('admin').webhooks.delete.mutate({ id });
    expect(await as('admin').webhooks.delete.mutate({ id })).toEqual({ id, changed: false });
  });
});

describe('receivers', () => {
  it('are made and seen by admins, at addresses that may be called', async () => {
    const said = async (call: Promise<unknown>) => (await refusalOf(call)).message;
    expect((await refusalOf(sluice.webhooks.list.query())).code).toBe('forbidden');
    const create = (url: string) => as('admin').webhooks.create.mutate({ url });
    expect(await said(create('http://169.254.169.254/latest'))).toMatch(
      /cloud metadata address, and webhooks are not sent there$/,
    );
    expect(await said(create('http://10.0.0.8/'))).toMatch(/is a private address/);
    expect(await said(create('https://me:pass@example.org/'))).toMatch(/user name or a password/);
    expect((await refusalOf(create('ftp://example.org/'))).code).toBe('invalid_input');
  });

  it('have secrets that no log, no list and no table shows', async () => {
    const row = await db
      .selectFrom('webhook_endpoint')
      .selectAll()
      .where('id', '=', endpoint)
      .executeTakeFirstOrThrow();
    expect(row.secret_box.includes(Buffer.from(secret))).toBe(false);
    expect(createSecretBox(stack.auditKey).open(row.secret_box, endpoint)).toBe(secret);
    expect(() => createSecretBox('another key').open(row.secret_box, endpoint)).toThrow();
    const audit = await db.selectFrom('audit_event').selectAll().where('verb', '=', 'webhook.create').execute();
    expect(JSON.stringify(audit)).not.toContain(secret.slice(6, 30));
  });
});
