import { type EvaluatorConfig, evaluatorConfigSchema } from '../../schema/contracts/evaluator.ts';
import { parseInput } from '../../schema/contracts/parse-input.ts';
import { SluiceError } from '../../schema/errors.ts';
import { withStack } from '../connect.ts';
import { readDocuments } from '../files/read-documents.ts';
import type { GlobalOptions } from '../global-options.ts';

/** `evaluator push FILE`, every evaluator document in it. The same content as an earlier version makes none. */
export async function pushEvaluators(file: string, global: GlobalOptions): Promise<void> {
  const configs = readDocuments(file).map((document) => readEvaluator(document, file));
  await withStack(global, async ({ sluice }) => {
    for (const config of configs) {
      const pushed = await sluice.evaluators.push.mutate(config);
      if (global.json) console.log(JSON.stringify(pushed));
      else if (pushed.created) console.log(`pushed ${pushed.name}@${pushed.version} (${config.type})`);
      else console.log(`unchanged: ${pushed.name}@${pushed.version} has this content already`);
    }
  });
}

/** An evaluator as in a spec, named by `evaluator:` as agents are by `agent:`, or by `name:` as in a spec. */
function readEvaluator(document: unknown, file: string): EvaluatorConfig {
  const isObject = document !== null && typeof document === 'object' && !Array.isArray(document);
  const { evaluator, ...rest } = (isObject ? document : {}) as { evaluator?: unknown; name?: unknown };
  if (!isObject || (evaluator === undefined && rest.name === undefined)) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `${file}: expected an evaluator (evaluator: NAME, type: llm_judge, …), found ${JSON.stringify(document)?.slice(0, 80)}`,
      fix: 'Name the evaluator in the file: `evaluator: judge_helpful`.',
    });
  }
  if (evaluator !== undefined && rest.name !== undefined && evaluator !== rest.name) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `${file}: found two names, evaluator: ${JSON.stringify(evaluator)} and name: ${JSON.stringify(rest.name)}`,
      fix: 'Leave one of them out.',
    });
  }
  return parseInput(evaluatorConfigSchema, { ...rest, name: evaluator ?? rest.name }, file);
}
