import { describe, expect, it } from 'vitest';
import { roles } from '../../schema/contracts/words.ts';
import { createKey } from '../../store/keys/create-key.ts';
import { experimentSpec } from '../support/experiment-spec.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { refusalOf } from '../support/refusal-of.ts';
import { useTestStack } from '../support/test-stack.ts';

const { as, db, keys, sluice, url } = await useTestStack({ workers: 0 });
await pushDataset(sluice, 'numbers', numberedRows(3));
const start = () => sluice.runs.start.mutate({ spec: experimentSpec() });

describe('a request', () => {
  it.each([
    ['without a key', {}],
    ['with a key nobody made', { authorization: `Bearer sl_${'0'.repeat(40)}` }],
    ['with something that is no key', { authorization: 'Basic c2x1aWNlOnNsdWljZQ==' }],
    ['with a key and SQL in it', { authorization: `Bearer sl_x' or true --` }],
  ])('%s is refused with what to do', async (_, headers) => {
    const response = await fetch(`${url}/trpc/runs.list`, { headers: headers as Record<string, string> });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({
      error: {
        message: 'no valid API key came with the request',
        data: { sluice: { code: 'unauthorized', fix: expect.stringContaining('SLUICE_API_KEY') } },
      },
    });
  });

  it('that needs more than its role is refused with both roles in the message', async () => {
    const { code, message } = await refusalOf(as('viewer').runs.start.mutate({ spec: experimentSpec() }));
    expect(code).toBe('forbidden');
    expect(message).toBe('this needs the role engineer; the key of person:viewer has viewer');
  });

  it.each(roles)('to see runs is for everybody but ingest: %s', async (role) => {
    if (role === 'ingest') expect((await refusalOf(as(role).runs.list.query({}))).code).toBe('forbidden');
    else expect(await as(role).runs.list.query({})).toEqual(expect.any(Array));
  });

  it.each(roles)('to make keys is for admins: %s', async (role) => {
    const made = as(role).keys.create.mutate({ service: 'ci', role: 'engineer' });
    if (role === 'admin') expect(await made).toMatchObject({ apiKey: expect.stringMatching(/^sl_[0-9a-f]{40}$/) });
    else expect((await refusalOf(made)).code).toBe('forbidden');
  });

  it.each(roles)('to pause a run is for engineers and admins: %s', async (role) => {
    const { id } = await start();
    const paused = as(role).runs.pause.mutate({ id });
    if (role === 'engineer' || role === 'admin') expect(await paused).toMatchObject({ status: 'paused' });
    else expect((await refusalOf(paused)).code).toBe('forbidden');
  });
});

describe('a key', () => {
  it('works until it is revoked, and not one request longer', async () => {
    const { id, apiKey } = await as('admin').keys.create.mutate({ person: 'grace', role: 'viewer' });
    const grace = as(apiKey as `sl_${string}`);
    expect(await grace.keys.whoami.query()).toEqual({ actor: 'person:grace', role: 'viewer' });
    expect(await as('admin').keys.revoke.mutate({ id })).toEqual({ id, revoked: true });
    expect((await refusalOf(grace.keys.whoami.query())).code).toBe('unauthorized');
    expect(await as('admin').keys.revoke.mutate({ id })).toEqual({ id, revoked: false });
  });

  it('is stored as a hash only, and listed by its first characters', async () => {
    const { id, apiKey } = await as('admin').keys.create.mutate({ service: 'ci', role: 'ingest' });
    const row = await db.selectFrom('api_key').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    expect(JSON.stringify({ ...row, secret_hash: Buffer.from(row.secret_hash).toString('latin1') })).not.toContain(
      apiKey.slice(8),
    );
    const listed = (await as('admin').keys.list.query()).find((one) => one.id === id);
    expect(listed).toMatchObject({ owner: 'service:ci', role: 'ingest', hint: `${apiKey.slice(0, 7)}…` });
    const events = await db
      .selectFrom('audit_event')
      .select(['verb', 'detail'])
      .where('subject', '=', `key:${id}`)
      .execute();
    expect(events).toEqual([{ verb: 'key.create', detail: { role: 'ingest', owner: 'service:ci' } }]);
  });

  it('belongs to a person or to a service, not to both', async () => {
    const made = as('admin').keys.create.mutate({ person: 'ada', service: 'ci', role: 'viewer' });
    expect((await refusalOf(made)).message).toContain('give exactly one of the two');
  });

  it('of another project sees and changes nothing of this one', async () => {
    const { id } = await start();
    await db.insertInto('project').values({ id: 'prj_other', name: 'other' }).execute();
    const other = await createKey(db, { projectId: 'prj_other', person: 'eve', role: 'admin' });
    const eve = as(other.apiKey as `sl_${string}`);
    expect(await eve.runs.list.query({})).toEqual([]);
    expect(await eve.datasets.list.query()).toEqual([]);
    expect((await refusalOf(eve.runs.get.query({ id }))).code).toBe('not_found');
    expect((await refusalOf(eve.runs.abort.mutate({ id }))).code).toBe('not_found');
    expect((await refusalOf(eve.runs.start.mutate({ spec: experimentSpec() }))).message).toContain(
      'there is no dataset "numbers"',
    );
    expect(await sluice.runs.get.query({ id })).toMatchObject({ status: 'queued' });
  });
});

it('keys of all roles differ', () => {
  expect(new Set(Object.values(keys)).size).toBe(roles.length);
});
