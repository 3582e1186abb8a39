import { expect, test } from 'vitest';
import { answerAs, callsOf, useGateway } from './use-gateway.ts';

const gateway = useGateway();

const contentOf = async (response: Response) =>
  ((await response.json()) as { choices: { message: { content: string } }[] }).choices[0]?.message.content;

test('a unit is answered by the version that the hash gives it, every time, and the answer says which', async () => {
  for (const variant of ['control', 'candidate'] as const) {
    for (let time = 0; time < 3; time += 1) {
      const response = await gateway.chat(gateway.units[variant]);
      expect(response.status).toBe(200);
      expect(response.headers.get('x-sluice-variant')).toBe(variant);
      expect(response.headers.get('x-sluice-version')).toBe(variant === 'control' ? '1' : '2');
      expect(response.headers.get('x-sluice-trace')).toMatch(/^[0-9a-f]{32}$/);
      expect(await contentOf(response)).toBe(`I am ${variant}`);
    }
  }
});

test('each call is recorded with its tokens, and the unit with its first exposure', async () => {
  const [call] = await callsOf(gateway, gateway.units.candidate, 1);
  expect(call).toMatchObject({
    variant: 'candidate',
    version: 2,
    run_id: gateway.rollout.runId,
    status: 'succeeded',
    fell_back: false,
    shadow: false,
    input_tokens: 1_000,
    output_tokens: 200,
  });
  const exposures = await gateway.database.db
    .selectFrom('exposure')
    .selectAll()
    .where('unit', '=', gateway.units.candidate)
    .execute();
  expect(exposures).toMatchObject([{ variant: 'candidate' }]);
});

test("when the candidate fails before it answered, control answers, and the call counts as the candidate's failure", async () => {
  gateway.candidate.answers((response) => void response.writeHead(500).end('{"error":{"message":"boom"}}'));
  const response = await gateway.chat(gateway.units.candidate, { headers: { 'x-sluice-unit': 'tester' } });
  expect(response.status).toBe(200);
  expect(response.headers.get('x-sluice-variant')).toBe('control');
  expect(response.headers.get('x-sluice-fell-back-from')).toBe('candidate');
  expect(await contentOf(response)).toBe('I am control');
  const [call] = await callsOf(gateway, 'tester', 1);
  expect(call).toMatchObject({
    variant: 'candidate',
    version: 2,
    fell_back: true,
    status: 'failed',
    error_class: 'server_error',
  });
});

test('a stream is passed on as it comes and its usage recorded, without an event that nobody asked for', async () => {
  const unit = gateway.units.control;
  const before = (await callsOf(gateway, unit, 1)).length;
  const text = await (await gateway.chat(unit, { body: { stream: true } })).text();
  expect(text).toContain('" control"');
  expect(text).not.toContain('usage');
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  const last = (await callsOf(gateway, unit, before + 1)).at(-1);
  expect(last).toMatchObject({ input_tokens: 1_000, output_tokens: 200, status: 'succeeded' });
  expect(last?.first_token_ms).toBeGreaterThan(0);
  const asked = await (
    await gateway.chat(unit, { body: { stream: true, stream_options: { include_usage: true } } })
  ).text();
  expect(asked).toContain('"usage":{"prompt_tokens":1000');
});

test('a call without a unit is answered by control and drawn for nobody', async () => {
  const response = await gateway.chat(null);
  expect(response.headers.get('x-sluice-variant')).toBe('control');
  expect(response.headers.get('x-sluice-unit')).toBe('none');
  gateway.control.answers(answerAs('control'));
});
