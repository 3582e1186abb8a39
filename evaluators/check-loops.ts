import type { Judged, Step } from '../schema/contracts/call.ts';
import { jsonKey } from './json-key.ts';

/** Longer rounds are not looked for: it keeps the check linear in the steps. */
const longestRound = 50;

/**
 * 1 unless the agent goes in circles, else 0: one tool called more than `maxRepeats` times with equal arguments,
 * wherever in the way; or a round of up to 50 steps (agent, tool, arguments and output alike) made more than
 * `maxRepeats` times back to back.
 */
export function checkLoops(maxRepeats: number): (steps: Step[]) => Judged {
  return (steps) => {
    const counts = new Map<string, number>();
    for (const { tool } of steps) {
      if (tool === undefined) continue;
      const key = jsonKey([tool.name, tool.arguments ?? null]);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    for (const [key, count] of counts) {
      if (count <= maxRepeats) continue;
      const explanation = `found ${count} calls of ${key.slice(0, 200)}, expected at most ${maxRepeats}`;
      return { score: 0, label: 'repeated_call', explanation };
    }
    const round = findRound(steps.map(signatureOf), maxRepeats);
    if (round === null) return { score: 1 };
    const { length, from } = round;
    const many = length === 1 ? 'step' : `round of ${length} steps`;
    const explanation = `found the same ${many} more than ${maxRepeats} times from step ${from + 1}`;
    return { score: 0, label: 'loop', explanation };
  };
}

function signatureOf({ agent, tool, output }: Step): string {
  return jsonKey([agent ?? null, tool === undefined ? null : [tool.name, tool.arguments ?? null], output ?? null]);
}

/** The shortest round that comes more than `maxRepeats` times in a row. */
function findRound(signatures: string[], maxRepeats: number): { length: number; from: number } | null {
  const most = Math.min(longestRound, Math.floor(signatures.length / (maxRepeats + 1)));
  for (let length = 1; length <= most; length += 1) {
    let equal = 0;
    for (let index = length; index < signatures.length; index += 1) {
      equal = signatures[index] === signatures[index - length] ? equal + 1 : 0;
      if (equal === length * maxRepeats) return { length, from: index + 1 - length * (maxRepeats + 1) };
    }
  }
  return null;
}
