import type { Verdict } from '../../schema/contracts/words.ts';
import { setProductionVersion } from '../../store/agents/set-production-version.ts';
import type { Store } from '../../store/open-database.ts';
import type { Rollout } from '../../store/rollouts/read-rollout.ts';
import { returnToControl } from '../../store/traffic/return-to-control.ts';
import { endRollout } from './end-rollout.ts';
import { enterStage } from './enter-stage.ts';
import type { Moment } from './moment.ts';
import { recordRolloutDecision } from './record-decision.ts';
import { tell } from './tell.ts';

/**
 * Of several candidates the one that gained most in the first goal, among those that reached all goals; null = none. A goal that this look
 * was not asked about (it said `hold` before) is not reached.
 */
export function candidateToPromote({ plan }: Pick<Rollout, 'plan'>, { look }: Pick<Moment, 'look'>): string | null {
  const goals = plan.metrics.filter(({ goal }) => goal !== null);
  const isReached = (name: string, metric: string) =>
    look.goals.some((goal) => goal.candidate === name && goal.metric === metric && goal.verdict === 'pass');
  const names = plan.candidates.map(({ name }) => name);
  const good = names.filter((name) => goals.every((goal) => isReached(name, goal.name)));
  const [first] = goals;
  if (good.length < 2 || first === undefined) return good.length === 1 ? (good[0] ?? null) : null;
  const sign = first.direction === 'higher' ? 1 : -1;
  const gain = (name: string) =>
    sign * (look.goals.find((goal) => goal.candidate === name && goal.metric === first.name)?.estimate ?? 0);
  return good.toSorted((a, b) => gain(b) - gain(a))[0] ?? null;
}

/**
 * The candidate becomes the production version, in one transaction with the decision and the traffic: to all units, or under watch to
 * all but the holdback.
 * @param input.evidenceId What persons signed; null where nobody was needed.
 */
export async function promote(
  trx: Store,
  rollout: Rollout,
  moment: Moment,
  input: { candidate: string; verdict: Verdict; evidenceId: string | null },
): Promise<void> {
  const { plan, projectId, state } = rollout;
  const { candidate, verdict, evidenceId } = input;
  const version = plan.candidates.find(({ name }) => name === candidate)?.version;
  if (version === undefined) throw new Error(`run ${rollout.runId} has no candidate ${candidate}`);
  const found = moment.look.reasons.length > 0 ? moment.look.reasons : ['no guardrail shows harm'];
  const reasons = state.command_note === null ? found : [state.command_note, ...found];
  const { previous } = await setProductionVersion(trx, { projectId, name: plan.agent.name, version });
  // Set by somebody after this look read it: nothing of this stands, and the next look is held by it.
  if (previous !== plan.controlVersion) {
    throw new Error(`run ${rollout.runId} does not promote: version ${previous} came into production meanwhile`);
  }
  const sentence = `${rollout.name} is promoted: version ${version} of ${plan.agent.name} is in production`;
  await tell(trx, rollout, 'rollout.promoted', sentence, { version });
  if (plan.watch === null) {
    await returnToControl(trx, { projectId, agentId: plan.agent.id, agent: plan.agent.name, version });
    await endRollout(trx, rollout, moment, {
      verdict,
      action: 'roll_forward',
      reasons,
      promoted: candidate,
      evidenceId,
    });
    return;
  }
  await recordRolloutDecision(trx, rollout, moment, { verdict, action: 'roll_forward', evidenceId });
  await enterStage(trx, rollout, moment, { stage: plan.stages.length, promoted: candidate });
}
