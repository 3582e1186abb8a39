import { expect, test } from 'vitest';
import { callsOf, useGateway } from './use-gateway.ts';

const gateway = useGateway({
  config: (url, version) => ({ adapter: 'openai', baseUrl: url, model: `large-${version}`, sideEffects: true }),
});

test('an agent with side effects is called once: a failed candidate is a clean error, which clients are told not to repeat', async () => {
  gateway.candidate.answers((response) => response.writeHead(500).end('{}'));
  const before = gateway.control.asked.length;
  const response = await gateway.chat('tester');
  expect(response.status).toBe(502);
  expect(response.headers.get('x-should-retry')).toBe('false');
  expect(response.headers.get('x-sluice-variant')).toBe('candidate');
  expect(await response.json()).toMatchObject({ error: { type: 'server_error', code: 'server_error' } });
  expect(gateway.control.asked.length).toBe(before);
  expect(await callsOf(gateway, 'tester', 1)).toMatchObject([{ status: 'failed', fell_back: false }]);
});

test('an agent with side effects is never shadowed', async () => {
  await gateway.rollout.split(0, {
    variants: [{ name: 'control', version: 1, range: [0, 1] }],
    shadow: { variant: 'candidate', version: 2, share: 1 },
  });
  const before = gateway.candidate.asked.length;
  let response = await gateway.chat('anyone');
  while (response.headers.get('x-sluice-variant') !== 'control') response = await gateway.chat('anyone');
  await callsOf(gateway, 'anyone', 1);
  expect(gateway.candidate.asked.length).toBe(before);
});
