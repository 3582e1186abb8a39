import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { indexTexts } from '../../agents/index-texts.ts';
import { ShotLibrary } from '../../agents/shot-library.ts';
import type { FewShotRule } from '../../schema/contracts/agent.ts';
import type { AgentCall, Shot } from '../../schema/contracts/call.ts';
import { callOnce } from './agent-call.ts';
import { completion, startStubCompletions } from './stub-completions.ts';

let stub: Awaited<ReturnType<typeof startStubCompletions>>;
beforeAll(async () => {
  stub = await startStubCompletions();
});
beforeEach(() => {
  stub.asked.length = 0;
  stub.answers((response) => completion(response, {}));
});
afterAll(() => stub.close());

const shot = (
  id: string,
  input: Shot['input'],
  expected: Shot['expected'],
  clusterKey: string | null = null,
): Shot => ({
  id,
  input,
  expected,
  clusterKey,
});
const messages = [
  shot('a', 'My card has not arrived yet', 'card_arrival'),
  shot('b', 'I forgot my passcode', 'passcode_forgotten', 'customer-1'),
  shot('c', 'Why was I charged a fee twice?', 'fee'),
  shot('d', 'When will my new card arrive?', 'card_arrival', 'customer-2'),
];
const nearest = (more: object = {}): FewShotRule => ({
  dataset: 'support@7',
  select: 'nearest',
  k: 2,
  versionId: 'dsv_7',
  ...more,
});

/** What the model was told, beginning with the shots. */
async function told(rule: FewShotRule, call: Partial<AgentCall>, load = async () => [...messages]) {
  const config = {
    adapter: 'openai' as const,
    baseUrl: stub.url,
    model: 'large-1',
    prompt: { system: 'Name the intent.', fewShot: rule },
  };
  const answer = await callOnce(config, { shots: new ShotLibrary(load), call });
  return { answer, messages: stub.asked[0]?.body.messages };
}

describe('a model with a few-shot rule', () => {
  it('is shown the nearest examples as turns of a conversation before the input, the likest last', async () => {
    const { messages: sent } = await told(nearest(), { input: 'Has my card arrived yet?' });
    expect(sent).toEqual([
      { role: 'system', content: 'Name the intent.' },
      { role: 'user', content: 'When will my new card arrive?' },
      { role: 'assistant', content: 'card_arrival' },
      { role: 'user', content: 'My card has not arrived yet' },
      { role: 'assistant', content: 'card_arrival' },
      { role: 'user', content: 'Has my card arrived yet?' },
    ]);
  });

  it('is never shown the example itself, nor one of its cluster', async () => {
    const call = { input: 'My card has not arrived yet', example: { id: 'x', metadata: {}, clusterKey: 'customer-2' } };
    const { messages: sent } = await told(nearest(), call);
    const shown = sent?.slice(1, -1).map(({ content }) => content);
    expect(shown).toHaveLength(4);
    expect(shown).not.toContain('My card has not arrived yet');
    expect(shown).not.toContain('When will my new card arrive?');
  });

  it('is shown the same fixed examples in their order, whatever is asked', async () => {
    const rule: FewShotRule = { dataset: 'support@7', select: 'fixed', ids: ['c', 'b'], versionId: 'dsv_7' };
    const load = async () => [messages[2] as Shot, messages[1] as Shot];
    const { messages: sent } = await told(rule, { input: 'Where is my card?' }, load);
    expect(sent?.map(({ content }) => content)).toEqual([
      'Name the intent.',
      'Why was I charged a fee twice?',
      'fee',
      'I forgot my passcode',
      'passcode_forgotten',
      'Where is my card?',
    ]);
  });

  it('gets shots after the instructions of a conversation, and answers that are no text as JSON', async () => {
    const load = async () => [shot('a', [{ role: 'user', content: 'Refund 5' }], { tool: 'refund', amount: 5 })];
    const input = [
      { role: 'developer', content: 'Use tools.' },
      { role: 'user', content: 'Refund 7' },
    ];
    const { messages: sent } = await told(nearest(), { input }, load);
    expect(sent?.slice(1)).toEqual([
      { role: 'developer', content: 'Use tools.' },
      { role: 'user', content: 'Refund 5' },
      { role: 'assistant', content: '{"tool":"refund","amount":5}' },
      { role: 'user', content: 'Refund 7' },
    ]);
  });

  it('is not asked without its shots', async () => {
    const { answer } = await told({ dataset: 'support@7', select: 'nearest' }, { input: 'Hello' });
    expect(answer).toMatchObject({ ok: false, errorClass: 'not_configured' });
    expect(stub.asked).toHaveLength(0);
  });
});

describe('the examples of rules', () => {
  it('are loaded once for all that ask, and again after a failure', async () => {
    let loads = 0;
    const library = new ShotLibrary(async () => {
      loads += 1;
      if (loads === 1) throw new Error('the database is away');
      return [...messages];
    });
    await expect(library.pick(nearest(), { input: 'card' })).rejects.toThrow('away');
    const picks = await Promise.all(
      [nearest(), nearest({ k: 1 })].map((rule) => library.pick(rule, { input: 'card' })),
    );
    expect(picks.map((picked) => picked.length)).toEqual([2, 1]);
    expect(loads).toBe(2);
  });

  it('are equally near in the order of their ids, whatever order they came in', async () => {
    const equals = ['e', 'b', 'd', 'a', 'c'].map((id) => shot(id, { text: `same words ${id}` }, id));
    const picked = await new ShotLibrary(async () => equals).pick(nearest({ k: 3 }), { input: 'same words' });
    expect(picked.map(({ id }) => id)).toEqual(['c', 'b', 'a']);
  });

  it('are found in spite of endings and typing errors', async () => {
    const index = await indexTexts(['The payments were declined', 'A top-up has failed', 'Change my address']);
    expect(index.nearest('declinde payment', 1, () => true)).toEqual([0]);
    expect(index.nearest('addresses changing', 1, () => true)).toEqual([2]);
  });
});
