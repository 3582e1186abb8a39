import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createEvaluator } from '../../evaluators/create-evaluator.ts';
import type { EvaluatorConfig } from '../../schema/contracts/evaluator.ts';
import type { Json } from '../../schema/contracts/json.ts';
import { type Asked, completion, startStubCompletions } from '../agents/stub-completions.ts';
import { callAgent } from './call-agent.ts';

const stub = await startStubCompletions();
afterAll(() => stub.close());
afterEach(() => {
  stub.asked.length = 0;
});

/** The two answers as they were shown. */
function shown({ body }: Asked): { A: string; B: string } {
  const text = String(body.messages[1]?.content);
  const answer = (label: string) =>
    new RegExp(`name="answer ${label}" id="(\\w+)">\\n([^]*?)\\n</material id="\\1">`).exec(text)?.[2];
  return { A: answer('A') ?? '', B: answer('B') ?? '' };
}

/** A judge that looks at the two answers. */
function judgesBy(choose: (answers: { A: string; B: string }) => string) {
  stub.answers((response, asked) =>
    completion(response, { content: JSON.stringify({ explanation: 'since', label: choose(shown(asked)) }) }),
  );
}

const compare = (
  candidate: Json,
  control: Json | undefined,
  more: Partial<EvaluatorConfig & { type: 'pairwise' }> = {},
) =>
  Promise.resolve(
    createEvaluator(
      {
        type: 'pairwise',
        name: 'better',
        baseUrl: stub.url,
        model: 'judge-1',
        prompt: 'Which is more helpful for {{input}}?',
        ...more,
      },
      { functions: {}, callAgent },
    ).evaluate({
      input: 'How many?',
      output: candidate,
      expected: undefined,
      metadata: {},
      ...(control === undefined ? {} : { control: { output: control } }),
    }),
  );

const longer = ({ A, B }: { A: string; B: string }) => (A.length > B.length ? 'A' : B.length > A.length ? 'B' : 'tie');

describe('a pairwise judge', () => {
  it('asks in both orders, and the candidate wins when it is preferred in both', async () => {
    judgesBy(longer);
    expect(await compare('a long answer', 'short')).toMatchObject({
      score: 1,
      label: 'win',
      usage: { inputTokens: 2000, outputTokens: 400 },
      detail: { controlFirst: 'candidate', candidateFirst: 'candidate', inconsistent: false },
    });
    expect(stub.asked.map(shown).sort((one, two) => one.A.length - two.A.length)).toEqual([
      { A: 'short', B: 'a long answer' },
      { A: 'a long answer', B: 'short' },
    ]);
  });

  it('turns the score around when the answers are exchanged', async () => {
    judgesBy(longer);
    expect(await compare('short', 'a long answer')).toMatchObject({ score: 0, label: 'loss' });
    expect(await compare('one', 'two')).toMatchObject({ score: 0.5, label: 'tie' });
  });

  it.each([
    ['A', 'first'],
    ['B', 'second'],
  ])('that always says %s has no say: 0.5, and its bias is told', async (label, favoured) => {
    judgesBy(() => label);
    expect(await compare('one', 'two')).toMatchObject({
      score: 0.5,
      label: 'inconsistent',
      detail: { inconsistent: true, favoured },
    });
  });

  it('is even when one order is a tie', async () => {
    judgesBy(({ A }) => (A === 'one' ? 'A' : 'tie'));
    expect(await compare('one', 'two')).toMatchObject({ score: 0.5, label: 'inconsistent' });
  });

  it('does not ask about equal answers', async () => {
    expect(await compare({ a: 1, b: 2 }, { b: 2, a: 1 })).toMatchObject({ score: 0.5, label: 'tie' });
    expect(stub.asked).toEqual([]);
  });

  it('lacks a score where control has no answer, or one order gave no judgement', async () => {
    await expect(compare('one', undefined)).rejects.toThrow('control has no answer on this example and repetition');
    judgesBy(({ A }) => (A === 'one' ? 'A' : 'neither'));
    await expect(compare('one', 'two')).rejects.toMatchObject({
      message: expect.stringContaining('found "neither", expected one of "A", "B", "tie"'),
      usage: { inputTokens: 2000 },
    });
  });

  it('may use other words for the two places', async () => {
    stub.answers((response) => completion(response, { content: 'equal' }));
    const choices = { first: 'first', second: 'second', tie: 'equal' };
    expect(await compare('one', 'two', { choices })).toMatchObject({ score: 0.5, label: 'tie' });
  });
});
