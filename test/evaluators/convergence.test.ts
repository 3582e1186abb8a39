import { describe, expect, it } from 'vitest';
import { createEvaluator } from '../../evaluators/create-evaluator.ts';
import type { Judged, Step } from '../../schema/contracts/call.ts';
import { type EvaluatorConfig, evaluatorConfigSchema, metricOfEvaluator } from '../../schema/contracts/evaluator.ts';
import { parseInput } from '../../schema/contracts/parse-input.ts';

type ConvergenceConfig = EvaluatorConfig & { type: 'convergence' };
const config: ConvergenceConfig = {
  type: 'convergence',
  name: 'stepsToSolve',
  correct: { type: 'numeric_match', extract: 'A: (.*)' },
};

/** The answers of the steps (null: the step said nothing to judge), then the final output; 4 is correct. */
function judge(said: (string | null)[], output: string, more: Partial<ConvergenceConfig> = {}): Judged {
  const steps = said.map((one): Step => (one === null ? { tool: { name: 'calculate' } } : { output: one }));
  const evaluator = createEvaluator({ ...config, ...more }, { functions: {} });
  return evaluator.evaluate({ input: 'q', output, expected: 4, metadata: {}, steps }) as Judged;
}

describe('steps to convergence', () => {
  it.each([
    ['correct from the first step on', ['A: 4', 'A: 4', 'A: 4'], 'A: 4', 1],
    ['correct from the second on', ['A: 3', 'A: 4', 'A: 4'], 'A: 4', 2],
    ['a right answer that was given up counts from when it came back', ['A: 4', 'A: 5', 'A: 4', 'A: 4'], 'A: 4', 3],
    ['a right answer that was given up until the end', ['A: 4', 'A: 5', 'thinking'], 'A: 4', 3],
    ['only the final answer', [null, null, null], 'A: 4', 3],
    ['steps that say nothing do not undo an answer', ['A: 4', null, null], 'A: 4', 1],
    ['an answer without any step', [], 'A: 4', 1],
    ['the last step is the final output, however it put it', ['A: 3', 'four'], 'A: 4', 2],
  ])('%s', (_what, said, output, steps) => {
    expect(judge(said, output)).toEqual({ score: steps, label: 'converged' });
  });

  it('never come to an early stop at a wrong answer: it is censored, however correct it was on the way', () => {
    expect(judge(['A: 3'], 'A: 3')).toMatchObject({ score: 1, label: 'never_converged' });
    expect(judge(['A: 4', 'A: 4', 'A: 5'], 'A: 5')).toMatchObject({
      score: 3,
      label: 'never_converged',
      explanation: 'the final answer, after 3 steps, is not correct',
    });
  });

  it('beyond maxSteps are never', () => {
    expect(judge(['A: 3', 'A: 3', 'A: 4'], 'A: 4', { maxSteps: 2 })).toMatchObject({
      score: 2,
      label: 'never_converged',
    });
    expect(judge(['A: 3', 'A: 4', 'A: 4'], 'A: 4', { maxSteps: 2 })).toEqual({ score: 2, label: 'converged' });
  });

  it('lack a score where steps or the expected value are missing', () => {
    const evaluator = createEvaluator(config, { functions: {} });
    const given = { input: 'q', output: 'A: 4', metadata: {} };
    expect(() => evaluator.evaluate({ ...given, expected: 4 })).toThrow('did not tell its steps one by one');
    expect(() => evaluator.evaluate({ ...given, expected: undefined, steps: [] })).toThrow('has no expected value');
  });

  it('are a count of which fewer are better', () => {
    expect(metricOfEvaluator(config)).toEqual({ kind: 'count', direction: 'lower', range: null });
  });

  it('are judged by a code evaluator without a name of its own', () => {
    const read = (correct: object) => () => parseInput(evaluatorConfigSchema, { ...config, correct }, 'c.yaml');
    expect(read({ type: 'exact_match' })).not.toThrow();
    expect(read({ type: 'exact_match', name: 'x' })).toThrow('correct.name: unknown key');
    expect(read({ type: 'llm_judge' })).toThrow('correct');
  });
});
