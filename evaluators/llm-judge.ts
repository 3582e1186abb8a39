import type { Evaluator, Judged } from '../schema/contracts/call.ts';
import { type EvaluatorConfig, metricOfEvaluator } from '../schema/contracts/evaluator.ts';
import { addUsage } from './add-usage.ts';
import type { EvaluatorDependencies } from './evaluator-dependencies.ts';
import { compilePrompt, fillPrompt } from './fill-prompt.ts';
import { judgeModel, type ModelJudgement } from './judge-model.ts';
import { NoJudgement } from './no-judgement.ts';

/**
 * A language model that gives one label of a closed set; the score is that of the label, so it is never a number that
 * the model made up. With `repetitions` the label given most often counts, of several the one given first; repetitions
 * that gave no judgement are left out, and no judgement of half of them or more is a missing score. `detail` then holds
 * `labels` (counts), `flipRate` (share that differs from the label that counts) and `failed`.
 *
 * What an output under judgement can do to it, see `fillPrompt` and docs/adr/0033: it cannot leave its block, fill in
 * placeholders or add a label. It can still talk to the judge, who is only told not to listen.
 */
export function llmJudge(
  config: EvaluatorConfig & { type: 'llm_judge' },
  dependencies: EvaluatorDependencies,
): Evaluator {
  const { name, choices } = config;
  const repetitions = config.repetitions ?? 1;
  const prompt = compilePrompt(config.prompt);
  const ask = judgeModel(config, Object.keys(choices), dependencies);
  return {
    name,
    kind: metricOfEvaluator(config).kind,
    async evaluate(input) {
      const message = fillPrompt(name, prompt, input);
      const asked = await Promise.allSettled(Array.from({ length: repetitions }, () => ask(message)));
      const given: ModelJudgement[] = [];
      const failures: NoJudgement[] = [];
      for (const one of asked) {
        if (one.status === 'fulfilled') given.push(one.value);
        else if (one.reason instanceof NoJudgement) failures.push(one.reason);
        else throw one.reason;
      }
      const usage = addUsage([...given, ...failures].map((one) => one.usage));
      const [failure] = failures;
      if (failure !== undefined && failures.length * 2 >= repetitions) {
        const { code, message } = failure;
        const often = repetitions === 1 ? '' : ` (${failures.length} of ${repetitions} repetitions)`;
        throw new NoJudgement({ code, message: message + often, usage });
      }
      const { detail, ...judged } = majority(given, choices);
      return {
        ...judged,
        ...(usage === undefined ? {} : { usage }),
        ...(repetitions === 1 ? {} : { detail: { ...detail, failed: failures.length } }),
      };
    },
  };
}

function majority(given: readonly ModelJudgement[], choices: Record<string, number>): Judged {
  // A Map keeps the order given, also of labels that look like numbers: of labels given equally often the first counts.
  const counts = new Map<string, number>();
  for (const { label } of given) counts.set(label, (counts.get(label) ?? 0) + 1);
  const [label, count] = [...counts].reduce((most, one) => (one[1] > most[1] ? one : most));
  const explanation = given.find((one) => one.label === label && one.explanation !== undefined)?.explanation;
  return {
    score: choices[label] as number,
    label,
    ...(explanation === undefined ? {} : { explanation }),
    detail: { labels: Object.fromEntries(counts), flipRate: 1 - count / given.length },
  };
}
