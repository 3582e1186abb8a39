import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { judgeExperiment } from '../gates/judge-experiment.ts';
import type { Confirmation } from '../gates/must-pass-examples.ts';
import { paretoFront } from '../gates/pareto-front.ts';
import { confirmationsOf, unconfirmedExamples } from '../gates/unconfirmed-examples.ts';
import type { ExperimentEvidence } from '../schema/contracts/evidence.ts';
import { mayProtect } from '../schema/contracts/gate.ts';
import type { Json } from '../schema/contracts/json.ts';
import type { Plan } from '../schema/contracts/plan.ts';
import type { FailureGroup, MetricResult, ParetoFront, RunResult } from '../schema/contracts/result.ts';
import type { Action, Verdict } from '../schema/contracts/words.ts';
import { sha256 } from '../schema/ids.ts';
import { statisticsVersion } from '../statistics/version.ts';
import { openRequest } from '../store/approvals/open-request.ts';
import { loadReruns } from '../store/confirmations/load-reruns.ts';
import { changeStatus } from '../store/runs/change-status.ts';
import { continueIfRaised } from '../store/runs/continue-if-raised.ts';
import { countCached } from '../store/runs/count-cached.ts';
import { countRevisions } from '../store/runs/count-revisions.ts';
import { freezeEvidence } from '../store/runs/freeze-evidence.ts';
import { loadEvidence } from '../store/runs/load-evidence.ts';
import { readRun } from '../store/runs/read-run.ts';
import { findDecision, recordDecision } from '../store/runs/record-decision.ts';
import { setResult } from '../store/runs/set-result.ts';
import { summarizeRun } from '../store/runs/summarize-run.ts';
import { countPlanScores } from '../store/scoring/count-scores.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { failRun } from './fail-run.ts';
import { budgetReason, cacheWarnings, retryWarnings, unscoredReason } from './operation-notes.ts';
import { revisionWarnings } from './revision-warnings.ts';

export interface JudgeOutput {
  decisionId: string | null;
  verdict: Verdict | null;
  action: Action | null;
  evidenceHash: string | null;
  /** A pause came first: judge again when the run is resumed. */
  held?: true;
  /** Persons are asked, and decide. Absent in histories older than that. */
  awaiting?: true;
}

const nothing: JudgeOutput = { decisionId: null, verdict: null, action: null, evidenceHash: null };

/**
 * Runs the gate over the rows and completes the run, in one transaction with the frozen evidence and decision. Where the
 * plan asks for approvals before a `roll_forward`, it asks persons about the frozen evidence instead.
 */
export async function judge(dependencies: ActivityDependencies, input: { runId: string }): Promise<JudgeOutput> {
  const { db } = dependencies;
  const { runId } = input;
  const run = await readRun(db, runId);
  if (run.status === 'paused') return { ...nothing, held: true };
  // An earlier attempt asked, and could not say so any more.
  if (run.status === 'awaiting_approval') return { ...nothing, awaiting: true };
  if (run.status !== 'running') return nothing;

  const before = await summarizeRun(db, runId);
  const broken = brokenControl(runId, before.failures);
  if (broken) {
    await failRun(dependencies, { runId, ...broken });
    return nothing;
  }
  const evidence = await loadEvidence(db, runId, run.plan);
  const { policy } = run.plan.gate;
  const confirmations = mayProtect(policy)
    ? confirmationsOf(unconfirmedExamples(policy, evidence), await loadReruns(db, runId))
    : [];
  const judged = {
    ...judgeExperiment(policy, evidence, { seed: run.planHash, confirmations }),
    ...(confirmations.length === 0 ? {} : { confirmations }),
  };
  judged.reasons.unshift(
    ...budgetReason(run.plan, before),
    ...unscoredReason(run.plan, before, await countPlanScores(db, runId)),
  );
  judged.warnings.push(...retryWarnings(run.plan, before));
  judged.warnings.push(...revisionWarnings(run.plan, await countRevisions(db, runId)));
  if (run.plan.cache) judged.warnings.push(...cacheWarnings(await countCached(db, runId)));
  const digest = digestOf(evidence, confirmations);
  const evidenceHash = sha256(canonicalize({ planHash: run.planHash, digest, statisticsVersion }) ?? '');

  return db.transaction().execute(async (trx) => {
    if (await continueIfRaised(trx, runId, run.plan)) return nothing;
    const { approvals } = run.plan;
    // The same evidence again was decided once: nobody is asked twice.
    const asks =
      approvals !== undefined &&
      judged.action === 'roll_forward' &&
      (await findDecision(trx, { runId, evidenceHash })) === null;
    // Before anything is written: a run that was paused or aborted meanwhile gets no decision.
    const status = asks ? 'awaiting_approval' : 'completed';
    if (!(await changeStatus(trx, runId, status, { finished: !asks, onlyIntent: 'run' }))) {
      return { ...nothing, held: true as const };
    }
    const content = { planHash: run.planHash, digest, counts: before.counts, ...judged } as unknown as Json;
    const { evidenceId } = await freezeEvidence(trx, { runId, hash: evidenceHash, content });
    const grounds = {
      runId,
      evidenceId,
      verdict: judged.verdict,
      policy: policy as unknown as Json,
      planHash: run.planHash,
      statisticsVersion,
    };
    const decided = asks ? null : await recordDecision(trx, { ...grounds, action: judged.action });
    if (asks)
      await openRequest(trx, { ...grounds, action: 'promote', quorum: approvals.promote, ttlMs: approvals.ttlMs });
    const summary = await summarizeRun(trx, runId, before.failures);
    const action = decided?.action ?? null;
    if (decided !== null && decided.action !== judged.action) {
      judged.reasons.unshift(`The same evidence was decided on before (${decided.decisionId}), and that stands.`);
    }
    const decisionId = decided?.decisionId ?? null;
    const front = frontOf(run.plan, evidence, judged.metrics);
    const result: RunResult = { ...summary, ...judged, action, front, decisionId };
    await setResult(trx, runId, result);
    const output = { decisionId, verdict: judged.verdict, action, evidenceHash };
    return asks ? { ...output, awaiting: true as const } : output;
  });
}

/** A control that never answered leaves nothing to compare with: no verdict, and never a pass. */
function brokenControl(runId: string, failures: FailureGroup[]): { message: string; fix: string } | null {
  const ofControl = failures.filter((group) => group.variant === 'control' && group.causedBy !== 'evaluator');
  const [first] = ofControl;
  const failed = ofControl.reduce((sum, group) => sum + group.count, 0);
  if (!first || failed < first.of) return null;
  return {
    message: `control: ${first.count} of ${first.of} trials failed (${first.errorClass}): ${first.message}`,
    fix: `There is nothing to compare candidates with. Make control answer, then go on: \`sluice run retry ${runId} --failed\`.`,
  };
}

/** The front of several candidates. Quality is the first evaluator that the gate names, else the first there is. */
function frontOf(plan: Plan, evidence: ExperimentEvidence, metrics: MetricResult[]): ParetoFront | null {
  if (evidence.candidates.length < 2) return null;
  const judges = plan.evaluators.map(({ config }) => config.name);
  const named = plan.gate.policy?.criteria.find(({ metric }) => judges.includes(metric))?.metric;
  const quality = evidence.metrics.find(({ name }) => name === (named ?? judges[0]));
  return paretoFront(metrics, quality ?? null);
}

/** SHA-256 of every column of numbers, so that evidence can be held against the rows later. */
function digestOf(evidence: ExperimentEvidence, confirmations: readonly Confirmation[]): Json {
  const columns: Record<string, Record<string, string>> = {};
  for (const metric of evidence.metrics) {
    columns[metric.name] = Object.fromEntries(
      Object.entries(metric.values).map(([variant, values]) => [
        variant,
        createHash('sha256')
          .update(new Uint8Array(values.buffer))
          .update(metric.missing[variant] ?? '')
          .update(metric.censored?.[variant] ?? '')
          .digest('hex'),
      ]),
    );
  }
  const slices = Object.entries(evidence.slices ?? {}).flatMap(([key, values]) =>
    Object.entries(values).map(([value, positions]) => [key, value, [...positions]]),
  );
  return {
    examples: sha256(JSON.stringify([evidence.exampleIds, evidence.clusterKeys])),
    columns,
    ...(confirmations.length === 0 ? {} : { confirmations: sha256(JSON.stringify(confirmations)) }),
    ...(slices.length === 0 ? {} : { slices: sha256(JSON.stringify(slices)) }),
    ...(evidence.agreement === undefined ? {} : { agreement: sha256(canonicalize(evidence.agreement) ?? '') }),
  };
}
