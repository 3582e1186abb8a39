import {
  type EvaluatorConfig,
  type EvaluatorReference,
  evaluatorConfigSchema,
  evaluatorReferenceSchema,
  parseEvaluatorReference,
} from '../../../schema/contracts/evaluator.ts';
import { parseInput } from '../../../schema/contracts/parse-input.ts';
import type { PlannedEvaluator } from '../../../schema/contracts/plan.ts';
import type { StartedScoring } from '../../../schema/contracts/scoring.ts';
import { builtinMetrics, isFinal } from '../../../schema/contracts/words.ts';
import { SluiceError } from '../../../schema/errors.ts';
import { newId } from '../../../schema/ids.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
import { ensureEvaluatorVersion } from '../../../store/evaluators/ensure-evaluator-version.ts';
import { findEvaluatorVersion } from '../../../store/evaluators/find-evaluator-version.ts';
import { addToOutbox } from '../../../store/outbox/add-to-outbox.ts';
import { countTrials } from '../../../store/runs/count-trials.ts';
import type { RunRow } from '../../../store/runs/find-run.ts';
import { lockRun } from '../../../store/runs/lock-run.ts';
import { insertScoring } from '../../../store/scoring/insert-scoring.ts';
import { isComplete } from '../../../store/scoring/is-complete.ts';
import { type AttachedScoring, listAttached } from '../../../store/scoring/list-attached.ts';
import { supersedeErrors } from '../../../store/scoring/supersede-errors.ts';
import type { SignedContext } from '../../context.ts';
import { pricedEvaluator } from '../evaluators/priced-evaluator.ts';
import { requireExperiment } from './require-experiment.ts';

/**
 * Attaches evaluators to a run that has ended: its answers are scored without calling an agent. A version that was
 * attached before, or that the run's own plan has, is not attached again, unless judgements of it broke: then these are
 * asked for again. The verdict stays as it is.
 * @throws {SluiceError} conflict while the run goes on, or for a name that is another metric of the run
 */
export async function scoreRun({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { id: string; evaluators: (EvaluatorConfig | EvaluatorReference)[]; idempotencyKey?: string };
}): Promise<StartedScoring> {
  const { projectId, actor } = ctx.principal;
  const run = await requireExperiment(ctx, input.id, 'scored');
  await requireAnswers(ctx, run);
  const wanted = await resolveAll(ctx, run, input.evaluators);
  const named = wanted.map(({ config, version }) => ({ name: config.name, version }));
  const idempotencyKey = input.idempotencyKey ?? null;

  const started = await ctx.db.transaction().execute(async (trx): Promise<StartedScoring> => {
    const { status } = await lockRun(trx, run.id);
    requireEnded(run.id, status);
    const attached = await listAttached(trx, run.id);
    const same = idempotencyKey && attached.find((one) => one.idempotencyKey === idempotencyKey);
    const base = { runId: run.id, evaluators: named };
    if (same) {
      requireSame(same, { wanted, attached, run });
      return { ...base, scoringId: same.id, created: false };
    }
    const kept = attached.filter((one) => one.status !== 'failed');
    const fresh: PlannedEvaluator[] = [];
    for (const one of wanted) {
      const holder = holderOf(one, kept, run);
      if (
        holder === 'run' ||
        (holder && (holder.status !== 'completed' || (await isComplete(trx, run.id, one.versionId))))
      ) {
        continue;
      }
      fresh.push(one);
    }
    if (fresh.length === 0) {
      const holder = kept.findLast((one) => one.evaluators.some(({ versionId }) => has(wanted, versionId)));
      return { ...base, scoringId: holder?.id ?? null, created: false };
    }
    const scoringId = newId('scr');
    // What broke at an earlier time is asked again.
    await supersedeErrors(trx, { runId: run.id, versions: fresh.map(({ versionId }) => versionId), actor });
    await insertScoring(trx, { id: scoringId, runId: run.id, evaluators: fresh, idempotencyKey, requestedBy: actor });
    const evaluators = fresh.map(({ config, version }) => `${config.name}@${version}`);
    await appendAuditEvent(
      trx,
      { projectId, actor, verb: 'run.score', subject: `run:${run.id}`, detail: { scoringId, evaluators } },
      ctx.auditKey,
    );
    await addToOutbox(trx, { topic: 'start_scoring', payload: { scoringId } });
    return { ...base, scoringId, created: true };
  });
  if (started.created) ctx.dispatch();
  return started;
}

function requireEnded(runId: string, status: RunRow['status']): void {
  if (isFinal(status)) return;
  throw new SluiceError({
    code: 'conflict',
    message: `run ${runId} is ${status.replaceAll('_', ' ')}: evaluators are attached to runs that have ended`,
    fix: `Wait for it (\`sluice run watch ${runId}\`), or name the evaluator in the spec of the next run.`,
  });
}

async function requireAnswers(ctx: SignedContext, run: RunRow): Promise<void> {
  requireEnded(run.id, run.status);
  const { counts } = await countTrials(ctx.db, run);
  if (counts.succeeded > 0) return;
  throw new SluiceError({
    code: 'conflict',
    message: `run ${run.id} has no answer to score: 0 of ${counts.planned} trials succeeded`,
    fix: 'Score a run that has answers: `sluice run list`.',
  });
}

async function resolveAll(
  ctx: SignedContext,
  run: RunRow,
  evaluators: (EvaluatorConfig | EvaluatorReference)[],
): Promise<PlannedEvaluator[]> {
  const resolved: PlannedEvaluator[] = [];
  for (const [index, one] of evaluators.entries()) {
    const planned = await resolve(ctx, one, `evaluators[${index}]`);
    const { name } = planned.config;
    if (resolved.some(({ config }) => config.name === name)) {
      throw taken(`evaluators[${index}]: "${name}" is named twice; a metric needs one meaning`);
    }
    const own = run.plan.evaluators.find(({ config }) => config.name === name);
    if (name in builtinMetrics) throw taken(`"${name}" is a built-in metric`);
    if (own && own.versionId !== planned.versionId) {
      throw taken(`run ${run.id} has a metric "${name}" of its own, by version ${own.version} of the evaluator`);
    }
    resolved.push(planned);
  }
  return resolved;
}

async function resolve(
  ctx: SignedContext,
  input: EvaluatorConfig | EvaluatorReference,
  what: string,
): Promise<PlannedEvaluator> {
  const { projectId } = ctx.principal;
  if (typeof input === 'object' && input !== null && 'use' in input) {
    const reference = parseEvaluatorReference(parseInput(evaluatorReferenceSchema, input, what));
    const { config, ...version } = await findEvaluatorVersion(ctx.db, { projectId, ...reference });
    return { config: pricedEvaluator(ctx, config), ...version };
  }
  const config = parseInput(evaluatorConfigSchema, input, what);
  ctx.checkEvaluator(config);
  const version = await ensureEvaluatorVersion(ctx.db, { projectId, config, createdBy: ctx.principal.actor });
  return { config: pricedEvaluator(ctx, config), ...version };
}

/**
 * Who has these very scores, or is to make them: the run itself, an earlier scoring, or nobody.
 * @throws {SluiceError} when the name is another version's
 */
function holderOf(one: PlannedEvaluator, kept: AttachedScoring[], run: RunRow): AttachedScoring | 'run' | null {
  if (has(run.plan.evaluators, one.versionId)) return 'run';
  for (const scoring of kept.toReversed()) {
    const namesake = scoring.evaluators.find(({ config }) => config.name === one.config.name);
    if (!namesake) continue;
    if (namesake.versionId === one.versionId) return scoring;
    throw taken(`version ${namesake.version} of "${one.config.name}" is attached to run ${run.id} already`);
  }
  return null;
}

function has(evaluators: PlannedEvaluator[], versionId: string): boolean {
  return evaluators.some((one) => one.versionId === versionId);
}

/** The same key asks for the same: all that it attached then, and nothing that nobody has attached. */
function requireSame(
  scoring: AttachedScoring,
  { wanted, attached, run }: { wanted: PlannedEvaluator[]; attached: AttachedScoring[]; run: RunRow },
): void {
  const isNew = (one: PlannedEvaluator) => holderOf(one, attached, run) === null;
  if (scoring.evaluators.every(({ versionId }) => has(wanted, versionId)) && !wanted.some(isNew)) return;
  throw new SluiceError({
    code: 'conflict',
    message: `the idempotency key "${scoring.idempotencyKey}" belongs to ${scoring.id}, which attached other evaluators`,
    fix: 'Use another key for other evaluators, or the first evaluators again.',
  });
}

function taken(message: string): SluiceError {
  return new SluiceError({
    code: 'conflict',
    message,
    fix: 'Give the evaluator another name: what was measured under this one stays comparable.',
  });
}
