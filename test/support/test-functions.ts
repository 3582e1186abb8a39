import type { FunctionRegistry } from '../../schema/contracts/call.ts';

/** What the tests' workers register, as a user's sluice.config.ts would. */
const registry: FunctionRegistry = {
  agents: {
    echo: ({ input }) => ({ output: input }),
    /** Answers with one of the parameters, each repetition with the next. */
    recite: ({ context, parameters }) => {
      const lines = parameters.lines as string[];
      return { output: lines[context.repetition % lines.length] ?? '' };
    },
    /** Right on the first `right` examples of a dataset made by `numberedRows`, wrong on the others. */
    solve: ({ input, parameters }) => {
      const number = Number((input as { number: number }).number);
      return { output: number < Number(parameters.right) ? `A: ${number}` : 'A: 0.5', usage: { costUsd: 0.001 } };
    },
  },
  evaluators: {
    throws: () => {
      throw new Error('the judge fell off the bench');
    },
    not_a_number: () => Number.NaN,
    length: ({ output }) => String(output).length,
  },
};

export default registry;
