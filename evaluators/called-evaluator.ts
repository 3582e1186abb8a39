import type { Evaluator, EvaluatorInput } from '../schema/contracts/call.ts';
import { type EvaluatorConfig, metricOfEvaluator } from '../schema/contracts/evaluator.ts';
import type { Json } from '../schema/contracts/json.ts';
import { SluiceError } from '../schema/errors.ts';
import { evaluatorAgent } from './evaluator-agent.ts';
import type { EvaluatorDependencies } from './evaluator-dependencies.ts';
import { judgeCall } from './judge-call.ts';
import { NoJudgement } from './no-judgement.ts';
import { readJudgement } from './read-judgement.ts';

/**
 * A judge behind a URL (`http`) or a command (`exec`). It is sent `{input, output, expected?, metadata, steps?}` and
 * answers a boolean, a number, null or `{score, label?, explanation?, usage?}`. Whatever goes wrong is a missing score.
 */
export function calledEvaluator(
  config: EvaluatorConfig & { type: 'http' | 'exec' },
  { callAgent }: EvaluatorDependencies,
): Evaluator {
  const { name } = config;
  const { kind } = metricOfEvaluator(config);
  const agent = evaluatorAgent(config);
  return {
    name,
    kind,
    async evaluate(given) {
      if (callAgent === undefined || agent === null) throw new NoJudgement({ message: cannotCall(name) });
      const answer = await callAgent(agent, judgeCall(name, bodyOf(given), true));
      if (!answer.ok) {
        throw new NoJudgement({
          message: `evaluator ${name} gave no judgement: ${answer.message}`,
          usage: answer.usage,
        });
      }
      const { usage } = answer;
      try {
        return { ...readJudgement(name, kind, answer.output), ...(usage === undefined ? {} : { usage }) };
      } catch (error) {
        if (!(error instanceof SluiceError)) throw error;
        throw new NoJudgement({ code: error.code, message: error.message, usage });
      }
    },
  };
}

/** Why a judge cannot be asked where nothing may be called. */
export function cannotCall(name: string): string {
  return `evaluator ${name} cannot judge: it calls something, and nothing can be called here`;
}

function bodyOf({ input, output, expected, metadata, steps }: EvaluatorInput): Json {
  return {
    input,
    output,
    ...(expected === undefined ? {} : { expected }),
    metadata,
    ...(steps === undefined ? {} : { steps: steps as Json }),
  };
}
