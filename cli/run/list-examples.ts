import { withStack } from '../connect.ts';
import { goldenText } from '../format/golden-text.ts';
import { shortJson } from '../format/short-json.ts';
import type { GlobalOptions } from '../global-options.ts';

export interface ExamplesOptions {
  readonly metric: string;
  readonly candidate?: string;
  readonly change?: 'improved' | 'regressed' | 'flaky';
  readonly limit?: number;
}

const longest = 200;

/** `run examples ID --metric M`: the examples on which a candidate changed, and what each variant answered. */
export async function listExamples(id: string, options: ExamplesOptions, global: GlobalOptions): Promise<void> {
  await withStack(global, async ({ sluice }) => {
    const answer = await sluice.runs.examples.query({ id, ...options });
    if (global.json) return console.log(JSON.stringify(answer));
    const { candidate, improved, regressed, examples } = answer;
    console.log(`${options.metric} with ${candidate}: ${regressed} worse, ${improved} better`);
    for (const example of examples) {
      console.log(`\n${example.id} (${example.change})\n  input     ${shortJson(example.input, longest)}`);
      if (example.expected !== null) console.log(`  expected  ${shortJson(example.expected, longest)}`);
      if (example.golden) console.log(`  golden    ${goldenText(example.golden)}`);
      for (const one of example.answers) {
        const score = one.scores[options.metric];
        const said = shortJson(one.error ?? one.output, longest);
        console.log(`  ${one.variant.padEnd(9)} ${said}${score === undefined || score === null ? '' : `  → ${score}`}`);
      }
    }
  });
}
