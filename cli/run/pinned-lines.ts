import { type AgentConfig, defaultShots } from '../../schema/contracts/agent.ts';
import type { Plan } from '../../schema/contracts/plan.ts';

/** What the agents of a plan were pinned to, a line each: agents they depend on, examples they are shown, prices. */
export function pinnedLines({ variants }: Plan): string[] {
  return variants.flatMap(({ name, agent, config }) => {
    const pinned = [...dependencies(config), ...shots(config), ...prices(config)];
    return pinned.map((line) => `${name}${agent === null ? '' : ` (${agent.name}@${agent.version})`} ${line}`);
  });
}

function dependencies({ dependsOn = [] }: AgentConfig): string[] {
  if (dependsOn.length === 0) return [];
  return [`depends on ${dependsOn.map(({ agent, version }) => `${agent}@${version}`).join(', ')}`];
}

function shots(config: AgentConfig): string[] {
  const rule = config.adapter === 'openai' ? config.prompt?.fewShot : undefined;
  if (rule === undefined) return [];
  const from = `${rule.dataset}${rule.split === undefined ? '' : `#${rule.split}`}`;
  if (rule.select === 'nearest') return [`is shown the nearest ${rule.k ?? defaultShots} of ${from}`];
  return [`is shown ${rule.ids ? rule.ids.join(', ') : `the first ${rule.k ?? defaultShots}`} of ${from}`];
}

function prices(config: AgentConfig): string[] {
  if (config.adapter !== 'openai' || config.prices === undefined) return [];
  const { inputPerMillionUsd, outputPerMillionUsd, dated } = config.prices;
  const since = dated === undefined ? '' : `, as of ${dated}`;
  return [`costs $${inputPerMillionUsd} in and $${outputPerMillionUsd} out per million tokens${since}`];
}
