import type { Evaluator, EvaluatorInput } from '../schema/contracts/call.ts';
import type { EvaluatorConfig } from '../schema/contracts/evaluator.ts';
import type { Json } from '../schema/contracts/json.ts';
import { SluiceError } from '../schema/errors.ts';
import { addUsage } from './add-usage.ts';
import type { EvaluatorDependencies } from './evaluator-dependencies.ts';
import { compilePrompt, fillPrompt } from './fill-prompt.ts';
import { jsonEqual } from './json-equal.ts';
import { judgeModel, type ModelJudgement } from './judge-model.ts';
import { NoJudgement } from './no-judgement.ts';
import { plainText } from './plain-text.ts';

type Winner = 'candidate' | 'control' | 'tie';

/**
 * A language model that says which answer is better, asked twice: control's answer first, and candidate's first. 1 when
 * the candidate's is preferred both times (`win`), 0 when control's is (`loss`), 0.5 when neither is (`tie`) or the two
 * orders disagree (`inconsistent`): then the place decided, not the answer. `detail.inconsistent` says so, and
 * `detail.favoured` which place where it was the same both times; their share over a run is the judge's position bias.
 *
 * Judges the candidate against `control`; control's own score is 0.5 without being asked. Swapping the two answers
 * turns s into 1 - s, so agents that are alike are found even, whatever the judge's bias. Equal answers are a tie without
 * a call.
 */
export function pairwise(
  config: EvaluatorConfig & { type: 'pairwise' },
  dependencies: EvaluatorDependencies,
): Evaluator {
  const { name } = config;
  const { first, second, tie } = config.choices ?? { first: 'A', second: 'B', tie: 'tie' };
  const prompt = compilePrompt(config.prompt);
  const ask = judgeModel(config, [first, second, tie], dependencies);

  const compare = (input: EvaluatorInput, one: Json, two: Json) =>
    ask(
      fillPrompt(name, prompt, input, [
        { name: `answer ${first}`, value: one, lead: `One answer; prefer it with the label ${JSON.stringify(first)}:` },
        {
          name: `answer ${second}`,
          value: two,
          lead: `Another answer; prefer it with the label ${JSON.stringify(second)} (neither is better: ${JSON.stringify(tie)}):`,
        },
      ]),
    );

  return {
    name,
    kind: 'score',
    async evaluate(input) {
      const { output, control } = input;
      if (control === undefined) throw withoutControl(name);
      if (jsonEqual(output, control.output)) return { score: 0.5, label: 'tie', explanation: 'the answers are equal' };
      const asked = await Promise.allSettled([
        compare(input, control.output, output),
        compare(input, output, control.output),
      ]);
      const [controlFirst, candidateFirst] = bothOf(asked);
      const winners: [Winner, Winner] = [
        controlFirst.label === first ? 'control' : controlFirst.label === second ? 'candidate' : 'tie',
        candidateFirst.label === first ? 'candidate' : candidateFirst.label === second ? 'control' : 'tie',
      ];
      const usage = addUsage([controlFirst.usage, candidateFirst.usage]);
      const explanation = explain(controlFirst, candidateFirst);
      return {
        ...decide(winners),
        ...(explanation === undefined ? {} : { explanation }),
        ...(usage === undefined ? {} : { usage }),
        detail: {
          controlFirst: winners[0],
          candidateFirst: winners[1],
          inconsistent: winners[0] !== winners[1],
          ...favoured(winners),
        },
      };
    },
  };
}

function decide([one, two]: [Winner, Winner]): { score: number; label: string } {
  if (one !== two) return { score: 0.5, label: 'inconsistent' };
  if (one === 'tie') return { score: 0.5, label: 'tie' };
  return one === 'candidate' ? { score: 1, label: 'win' } : { score: 0, label: 'loss' };
}

function favoured([controlFirst, candidateFirst]: [Winner, Winner]): { favoured?: 'first' | 'second' } {
  if (controlFirst === 'control' && candidateFirst === 'candidate') return { favoured: 'first' };
  if (controlFirst === 'candidate' && candidateFirst === 'control') return { favoured: 'second' };
  return {};
}

/** Both judgements, or the failure of one with what both cost. */
function bothOf(
  asked: [PromiseSettledResult<ModelJudgement>, PromiseSettledResult<ModelJudgement>],
): [ModelJudgement, ModelJudgement] {
  const [one, two] = asked;
  if (one.status === 'fulfilled' && two.status === 'fulfilled') return [one.value, two.value];
  const reasons = asked.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  const other = reasons.find((reason) => !(reason instanceof NoJudgement));
  if (other !== undefined) throw other;
  const { code, message } = reasons[0] as NoJudgement;
  const usage = addUsage(
    asked.map((each) => (each.status === 'fulfilled' ? each.value.usage : (each.reason as NoJudgement).usage)),
  );
  throw new NoJudgement({ code, message, usage });
}

function explain(controlFirst: ModelJudgement, candidateFirst: ModelJudgement): string | undefined {
  const said = [
    ['control first', controlFirst.explanation],
    ['candidate first', candidateFirst.explanation],
  ].flatMap(([order, text]) => (text === undefined ? [] : [`${order}: ${text.slice(0, 950)}`]));
  return said.length === 0 ? undefined : plainText(said.join('\n'));
}

function withoutControl(name: string): SluiceError {
  return new SluiceError({
    code: 'invalid_input',
    message: `evaluator ${name} cannot judge: control has no answer on this example and repetition to compare with`,
  });
}
