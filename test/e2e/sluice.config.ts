import type { FunctionRegistry } from '../../schema/contracts/call.ts';

/** Functions that the specs of these tests name. */
export default {
  evaluators: {
    throwing: ({ output }) => {
      throw new Error(`no verdict on ${JSON.stringify(output)}: the rubric is empty`);
    },
  },
} satisfies FunctionRegistry;
