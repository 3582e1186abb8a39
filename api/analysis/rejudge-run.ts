import { judgeExperiment } from '../../gates/judge-experiment.ts';
import { confirmationsOf, unconfirmedExamples } from '../../gates/unconfirmed-examples.ts';
import type { GatePolicy } from '../../schema/contracts/gate.ts';
import type { Plan } from '../../schema/contracts/plan.ts';
import type { Action, Verdict } from '../../schema/contracts/words.ts';
import { loadReruns } from '../../store/confirmations/load-reruns.ts';
import type { Store } from '../../store/open-database.ts';
import { loadEvidence } from '../../store/runs/load-evidence.ts';

/** Judges a past run by another policy, from its rows, with the seed of its own verdict. Nothing is written. */
export async function rejudgeRun(
  db: Store,
  input: { runId: string; plan: Plan; planHash: string; policy: GatePolicy },
): Promise<{ verdict: Verdict; action: Action; verdicts: Record<string, Verdict>; reasons: string[] }> {
  const { runId, planHash, policy } = input;
  // The plan says which metadata the evidence needs.
  const plan: Plan = { ...input.plan, gate: { name: null, version: null, policy } };
  const evidence = await loadEvidence(db, runId, plan);
  const confirmations = confirmationsOf(unconfirmedExamples(policy, evidence), await loadReruns(db, runId));
  const { verdict, action, verdicts, reasons } = judgeExperiment(policy, evidence, { seed: planHash, confirmations });
  return { verdict, action, verdicts, reasons };
}
