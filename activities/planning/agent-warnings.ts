import type { FewShotRule } from '../../schema/contracts/agent.ts';
import type { Plan } from '../../schema/contracts/plan.ts';
import type { VariantSample } from '../../schema/contracts/plan-preview.ts';
import { countShotOverlap } from '../../store/datasets/count-shot-overlap.ts';
import type { Store } from '../../store/open-database.ts';

/** What should be known of the variants' agents before a run: unknown prices, shots that give answers away. */
export async function agentWarnings(
  db: Store,
  plan: Plan,
  { examples, sample }: { examples: number; sample: readonly VariantSample[] },
): Promise<string[]> {
  const warnings: string[] = [];
  for (const { name, config } of plan.variants) {
    const called = sample.find(({ variant }) => variant === name);
    if (called?.costUsd == null) {
      const capped = plan.budget === null ? '' : `, and cannot be held to the budget of $${plan.budget.maxCostUsd}`;
      if (config.adapter === 'openai' && config.prices === undefined) {
        const { host } = new URL(config.baseUrl);
        warnings.push(
          `the price of ${config.model} at ${host} is not known: costUsd of ${name} will be unknown${capped}; give it \`prices\``,
        );
      } else if (capped !== '' && called !== undefined && called.calls > called.failed) {
        warnings.push(`${name} does not tell what its answers cost: its cost is unknown${capped}`);
      }
    }
    const rule = config.adapter === 'openai' ? config.prompt?.fewShot : undefined;
    if (rule?.versionId === undefined) continue;
    const shared = await countShotOverlap(db, plan, rule as FewShotRule & { versionId: string });
    if (shared === 0) continue;
    const from = `${rule.dataset}${rule.split === undefined ? '' : `#${rule.split}`}`;
    warnings.push(
      `${shared} of ${examples} examples have the input or the clusterKey of one in ${from}, where ${name} takes its shots: none is shown to itself, but the two should be apart`,
    );
  }
  return warnings;
}
