import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';

/** `emergency-stop`. */
export async function emergencyStop(options: { reason: string }, global: GlobalOptions): Promise<void> {
  await withStack(global, async ({ sluice, again }) => {
    const answer = await sluice.traffic.emergencyStop.mutate(options);
    if (global.json) return console.log(JSON.stringify(answer));
    const count = answer.stopped.length;
    console.log(`stopped ${count === 1 ? '1 rollout' : `${count} rollouts`}; all units get the production versions`);
    for (const id of answer.stopped) console.log(`  ${id}`);
    console.log(`frozen until ${again(`freeze end ${answer.freezeId} --reason TEXT`)}`);
  });
}
