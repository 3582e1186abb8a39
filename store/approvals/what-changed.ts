import type { Plan } from '../../schema/contracts/plan.ts';
import type { RolloutPlan } from '../../schema/contracts/rollout-plan.ts';
import type { ExperimentSpec } from '../../schema/contracts/spec.ts';
import { findAgentVersion } from '../agents/find-agent-version.ts';
import { findGateVersion } from '../gates/find-gate-version.ts';
import type { Store } from '../open-database.ts';

/**
 * What a run compared, and what stands now under the same names: a production version that moved, a newer version of an
 * agent or gate that the spec of an experiment names without a number. Evidence on another control, candidate or policy
 * is no ground to approve. @returns One sentence, or null when all is as it was measured.
 */
export async function whatChanged(
  db: Store,
  run: { projectId: string; spec: ExperimentSpec; plan: Plan | RolloutPlan },
): Promise<string | null> {
  const { projectId, spec, plan } = run;
  if (plan.kind === 'rollout') {
    const { name } = plan.agent;
    const now = await findAgentVersion(db, { projectId, name, version: 'production' });
    if (now.version === plan.controlVersion) return null;
    return `control changed: the production version of agent ${name} is ${now.version} now, and the rollout began against ${plan.controlVersion}.`;
  }
  for (const { name, agent } of plan.variants) {
    const variant = spec.variants[name];
    if (agent === null || variant === undefined || !('agent' in variant)) continue;
    const named = variant.version ?? 'latest';
    if (typeof named === 'number') continue;
    const now = await findAgentVersion(db, { projectId, name: agent.name, version: named });
    if (now.version === agent.version) continue;
    const what = named === 'production' ? 'production version' : 'newest version';
    return `${name} changed: the ${what} of agent ${agent.name} is ${now.version} now, and the run measured ${agent.version}.`;
  }
  if (typeof spec.gate === 'string' && !spec.gate.includes('@')) {
    const now = await findGateVersion(db, { projectId, name: spec.gate, version: null });
    if (now.version !== plan.gate.version) {
      return `the policy changed: the newest version of gate ${spec.gate} is ${now.version} now, and the run was judged by ${plan.gate.version}.`;
    }
  }
  return null;
}
