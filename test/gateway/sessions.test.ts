import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { useGateway } from './use-gateway.ts';

const gateway = useGateway();
const variantOf = async (unit: string, headers: Record<string, string> = {}) =>
  (await gateway.chat(unit, { headers })).headers.get('x-sluice-variant');
const untilRevision = async (revision: number) => {
  await eventually(async () => {
    const response = await fetch(`${gateway.url}/v1/traffic/support-bot`, {
      headers: { authorization: `Bearer ${gateway.key}` },
    });
    return ((await response.json()) as { revision: number }).revision === revision || undefined;
  });
};
const exposed = async (unit: string) =>
  (await gateway.database.db.selectFrom('exposure').select('variant').where('unit', '=', unit).execute()).map(
    ({ variant }) => variant,
  );

test('a session that began before the rollout stays on control and is no exposure, told by a header or seen before', async () => {
  const { candidate } = gateway.units;
  // A unit of the candidate's half, since the hash looks at nothing but its name and the seed.
  expect(await variantOf(candidate)).toBe('candidate');
  const startedAtMs = Date.now() + 1;
  await new Promise((resolve) => setTimeout(resolve, 5));
  await untilRevision(await gateway.rollout.split(0.5, { startedAtMs, seed: 'another-seed' }));
  let isNew = '';
  for (let at = 0; isNew === ''; at += 1) {
    if ((await variantOf(`fresh-${at}`)) === 'candidate') isNew = `fresh-${at}`;
  }
  expect(await variantOf(isNew, { 'x-sluice-session-started': new Date(startedAtMs - 60_000).toISOString() })).toBe(
    'control',
  );
  expect(await variantOf(isNew, { 'x-sluice-session-started': String(startedAtMs + 1) })).toBe('candidate');

  // Both of these were seen before `startedAtMs`.
  for (const unit of Object.values(gateway.units)) expect(await variantOf(unit)).toBe('control');
  await eventually(async () => ((await exposed(isNew)).length > 0 ? true : undefined));
});

test('with `drain` a session of the candidate keeps it after a roll-back, others get control; with `kill` all do', async () => {
  const rollBack = (sessions: 'drain' | 'kill') =>
    gateway.rollout.split(0.5, {
      runId: null,
      seed: null,
      startedAtMs: null,
      sessions,
      variants: [{ name: 'control', version: 1, range: [0, 1] }],
    } as never);
  await untilRevision(await gateway.rollout.split(0.5, { startedAtMs: null, sessions: 'drain' }));
  const { candidate, control } = gateway.units;
  expect(await variantOf(candidate)).toBe('candidate');
  await untilRevision(await rollBack('drain'));
  expect(await variantOf(candidate)).toBe('candidate');
  expect(await variantOf(control)).toBe('control');
  expect(await variantOf('a-new-one')).toBe('control');
  await untilRevision(await rollBack('kill'));
  expect(await variantOf(candidate)).toBe('control');
});

test('headers that cannot be read are refused, naming the header', async () => {
  const response = await gateway.chat('a', { headers: { 'x-sluice-session-started': 'yesterday' } });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    error: { message: expect.stringContaining('x-sluice-session-started: found "yesterday"') },
  });
});

test('a unit that no row can hold is refused, so that nobody holds a rollout by a lost exposure', async () => {
  for (const user of ['a\u0000b', '\ud800', 'x'.repeat(501), 7]) {
    const response = await gateway.chat(null, { body: { user } });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining('the unit: ') } });
  }
});
