import type { Evaluator, EvaluatorInput, Judged, Step } from '../schema/contracts/call.ts';
import { type EvaluatorConfig, metricOfEvaluator } from '../schema/contracts/evaluator.ts';
import { quoteText } from '../schema/quote-text.ts';
import { checkHandoffs } from './check-handoffs.ts';
import { checkLoops } from './check-loops.ts';
import { checkToolCalls } from './check-tool-calls.ts';
import { stepsOf } from './steps-of.ts';

/**
 * Judges the way to the answer by one check over the steps. Pure and fast. An agent that does not tell its steps one by
 * one gets a missing score, since nothing is known of its way.
 */
export function trajectory(config: EvaluatorConfig & { type: 'trajectory' }): Evaluator {
  const { name } = config;
  const check = checkOf(config);
  return {
    name,
    kind: metricOfEvaluator(config).kind,
    evaluate: (input) => check(stepsOf(name, input), input),
  };
}

function checkOf(config: EvaluatorConfig & { type: 'trajectory' }): (steps: Step[], input: EvaluatorInput) => Judged {
  switch (config.check) {
    case 'tool_calls':
      return checkToolCalls(config);
    case 'loops':
      return checkLoops(config.maxRepeats ?? 2);
    case 'handoffs':
      return checkHandoffs(config);
    case 'steps':
      return ({ length }) =>
        length <= config.maxSteps
          ? { score: 1 }
          : { score: 0, explanation: `found ${length} steps, expected at most ${config.maxSteps}` };
    case 'tool_errors':
      return checkToolErrors;
  }
}

function checkToolErrors(steps: Step[]): Judged {
  const failed = steps.flatMap(({ tool }, index) => (tool?.error === undefined ? [] : [{ tool, index }]));
  const [first] = failed;
  if (first === undefined) return { score: 1 };
  const { tool, index } = first;
  const explanation = `${failed.length} tool ${failed.length === 1 ? 'call' : 'calls'} failed; first ${tool.name} in step ${index + 1}: ${quoteText(String(tool.error))}`;
  return { score: 0, explanation };
}
