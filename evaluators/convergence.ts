import type { Evaluator, EvaluatorInput, Judged } from '../schema/contracts/call.ts';
import type { EvaluatorConfig } from '../schema/contracts/evaluator.ts';
import { type CodeEvaluatorConfig, createCodeEvaluator } from './create-code-evaluator.ts';
import { stepsOf } from './steps-of.ts';

/**
 * How many steps the agent took to its first correct answer that stayed correct to the end. Every step with an `output`
 * says what the answer was then; the last step's answer is the final output. So a right answer that was given up again
 * is no convergence, and one that stopped early at a wrong answer never converged, however fast it was.
 *
 * Never converged: the score is the number of steps it was watched for (at most `maxSteps`) and the label
 * `never_converged`; the value is censored there, not reached (docs/adr/0017).
 */
export function convergence(config: EvaluatorConfig & { type: 'convergence' }): Evaluator {
  const { name } = config;
  const horizon = config.maxSteps ?? Number.POSITIVE_INFINITY;
  const correct = createCodeEvaluator({ ...config.correct, name } as CodeEvaluatorConfig);
  const isCorrect = (input: EvaluatorInput, output: EvaluatorInput['output']) =>
    (correct.evaluate({ ...input, output }) as Judged).score === 1;
  return {
    name,
    kind: 'count',
    evaluate(input) {
      const steps = stepsOf(name, input);
      const taken = Math.max(1, steps.length);
      const never = { score: Math.min(taken, horizon), label: 'never_converged' };
      if (!isCorrect(input, input.output)) {
        return { ...never, explanation: `the final answer, after ${taken} steps, is not correct` };
      }
      let first = taken;
      // Backwards from the end: the first wrong answer met ends the streak of correct ones.
      for (let index = taken - 2; index >= 0; index -= 1) {
        const output = steps[index]?.output;
        if (output === undefined) continue;
        if (!isCorrect(input, output)) break;
        first = index + 1;
      }
      if (first > horizon)
        return { ...never, explanation: `correct from step ${first} on, beyond ${horizon} (maxSteps)` };
      return { score: first, label: 'converged' };
    },
  };
}
