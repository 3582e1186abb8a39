import { durationMs, durationSchema } from '../../schema/contracts/duration.ts';
import { SluiceError } from '../../schema/errors.ts';
import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';

/** `run advance|skip|extend ID`. */
export async function steerRollout(
  command: 'advance' | 'skip' | 'extend',
  id: string,
  options: { reason: string; by?: string },
  global: GlobalOptions,
): Promise<void> {
  if (options.by !== undefined && !durationSchema.safeParse(options.by).success) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `--by: found "${options.by}", expected a time such as 30m, 2h or 1d`,
    });
  }
  const byMs = options.by === undefined ? undefined : durationMs(options.by);
  await withStack(global, async ({ sluice }) => {
    const answer = await sluice.runs.steer.mutate({ id, command, byMs, reason: options.reason });
    if (global.json) console.log(JSON.stringify(answer));
    else console.log(answer.changed ? `${id}: ${command} is ordered` : `unchanged: ${command} was ordered already`);
  });
}
