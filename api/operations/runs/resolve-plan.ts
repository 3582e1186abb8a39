import type { AgentConfig } from '../../../schema/contracts/agent.ts';
import { durationMs } from '../../../schema/contracts/duration.ts';
import { type EvaluatorConfig, kindOfEvaluator, parseEvaluatorReference } from '../../../schema/contracts/evaluator.ts';
import { type GatePolicy, goldenSplit } from '../../../schema/contracts/gate.ts';
import { suggest } from '../../../schema/contracts/parse-input.ts';
import type { Plan, PlannedEvaluator, PlannedVariant } from '../../../schema/contracts/plan.ts';
import { type ExperimentSpec, parseDatasetReference } from '../../../schema/contracts/spec.ts';
import { builtinMetrics } from '../../../schema/contracts/words.ts';
import { SluiceError } from '../../../schema/errors.ts';
import { findAgentVersion } from '../../../store/agents/find-agent-version.ts';
import { countWithExpected } from '../../../store/datasets/count-with-expected.ts';
import { findDatasetVersion } from '../../../store/datasets/find-dataset-version.ts';
import { ensureEvaluatorVersion } from '../../../store/evaluators/ensure-evaluator-version.ts';
import { findEvaluatorVersion } from '../../../store/evaluators/find-evaluator-version.ts';
import { findGateVersion } from '../../../store/gates/find-gate-version.ts';
import type { Store } from '../../../store/open-database.ts';
import type { SignedContext } from '../../context.ts';
import { pinAgent } from '../agents/pin-agent.ts';
import { pricedEvaluator } from '../evaluators/priced-evaluator.ts';
import { checkSlices } from './check-slices.ts';
import { checkTrust } from './check-trust.ts';

/**
 * Resolves every name of a spec to a version and writes every default out. Nothing is called.
 * @throws {SluiceError} not_found or invalid_input, naming the place in the spec.
 */
export async function resolvePlan(ctx: SignedContext, input: { spec: ExperimentSpec; limit?: number }): Promise<Plan> {
  const { db } = ctx;
  const { projectId } = ctx.principal;
  const { spec } = input;
  const reference = parseDatasetReference(spec.dataset);
  const dataset = await findDatasetVersion(db, { projectId, ...reference });
  const judges = await resolveEvaluators(db, projectId, spec.evaluators ?? []);
  const covers = reference.split === null || reference.split === goldenSplit;
  const gate =
    spec.gate === undefined && covers && goldenSplit in dataset.splits
      ? { name: null, version: null, policy: protectGolden(judges.map((one) => one.config)) }
      : await resolveGate(db, projectId, spec.gate);
  const criteria = gate.policy?.criteria ?? [];
  // A profile without criteria protects the golden examples, where there are any.
  const ofProfile = gate.policy !== null && criteria.length === 0 && goldenSplit in dataset.splits ? [goldenSplit] : [];
  const criterionSplits = [...new Set([...criteria.flatMap((one) => one.split ?? []), ...ofProfile])];
  const needed = reference.split === null ? criterionSplits : [reference.split, ...criterionSplits];
  for (const split of needed) {
    if (split in dataset.splits) continue;
    const known = Object.keys(dataset.splits);
    throw new SluiceError({
      code: 'not_found',
      message: `dataset ${dataset.name}@${dataset.version} has no split "${split}"${known.length ? suggest(split, known) : '; it has none at all'}`,
      fix: known.length
        ? `Use one of its splits: ${known.join(', ')}; or none, for all examples.`
        : `Leave "#${split}" away to use all examples, or push the dataset with --split ${split}.`,
    });
  }
  const metrics = [...judges.map((one) => one.config.name), ...Object.keys(builtinMetrics)];
  criteria.forEach((criterion, index) => {
    if (metrics.includes(criterion.metric)) return;
    throw new SluiceError({
      code: 'invalid_input',
      message: `gate.criteria[${index}].metric: no evaluator or built-in metric is named "${criterion.metric}"${suggest(criterion.metric, metrics)}`,
      fix: `Known here: ${metrics.join(', ')}.`,
    });
  });
  await checkSlices(db, gate.policy, dataset);
  checkTrust(
    gate.policy,
    judges.map(({ config }) => config),
  );
  requireExpected(
    judges.map(({ config }) => config),
    { ...dataset, withExpected: await countWithExpected(db, dataset.versionId) },
  );
  const variants: PlannedVariant[] = [];
  for (const [name, variant] of Object.entries(spec.variants)) {
    if (!('agent' in variant)) {
      const config = await at(`variants.${name}`, async () => {
        ctx.checkAgent(variant);
        return priced(ctx, await pinAgent(db, { projectId, config: variant }));
      });
      variants.push({ name, agent: null, config });
      continue;
    }
    const found = await findAgentVersion(db, { projectId, name: variant.agent, version: variant.version ?? 'latest' });
    const config = await at(`variants.${name}`, async () =>
      priced(ctx, await pinAgent(db, { projectId, name: variant.agent, config: found.config })),
    );
    variants.push({ name, agent: { name: variant.agent, version: found.version }, config });
  }
  const cache = cacheOf(spec, variants);
  const evaluators: PlannedEvaluator[] = [];
  for (const [index, { config, stored }] of judges.entries()) {
    await at(`evaluators[${index}]`, () => ctx.checkEvaluator(config));
    const version = stored ?? (await ensureEvaluatorVersion(db, { projectId, config, createdBy: ctx.principal.actor }));
    evaluators.push({ config: pricedEvaluator(ctx, config), ...version });
  }
  return {
    kind: 'experiment',
    dataset: { name: dataset.name, version: dataset.version, versionId: dataset.versionId, split: reference.split },
    criterionSplits,
    variants,
    repetitions: spec.repetitions ?? 1,
    concurrency: spec.concurrency ?? 8,
    retries: spec.retries ?? 2,
    evaluators,
    gate,
    budget: spec.budget ?? null,
    limit: input.limit ?? null,
    ...(cache === null ? {} : { cache }),
    ...approvalsOf(spec),
  };
}

/** Absent where nobody is asked, so that plans from before approvals keep their hash. */
function approvalsOf({ approvals }: ExperimentSpec): Pick<Plan, 'approvals'> {
  if (approvals === undefined || approvals.promote === 0) return {};
  return { approvals: { promote: approvals.promote ?? 1, ttlMs: durationMs(approvals.ttl ?? '24h') } };
}

/** With the price that its calls will be counted at: later changes of price lists change no run. */
function priced(ctx: SignedContext, config: AgentConfig): AgentConfig {
  if (config.adapter !== 'openai' || config.prices !== undefined) return config;
  const prices = ctx.priceOf(config);
  return prices === null ? config : { ...config, prices };
}

/** What an agent does to others it must do in every run: its answers are not taken from earlier ones. */
function cacheOf({ cache }: ExperimentSpec, variants: readonly PlannedVariant[]): NonNullable<Plan['cache']> | null {
  if (cache === undefined || cache === false) return null;
  const acting = variants.find(({ config }) => config.sideEffects === true);
  if (acting) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `cache: the agent of variants.${acting.name} has sideEffects: its answers cannot stand for calls`,
      fix: 'Leave `cache` away, or compare versions without side effects.',
    });
  }
  return { maxAgeMs: cache === true ? null : durationMs(cache.maxAge) };
}

/** Says where in the spec an error belongs. */
async function at<T>(path: string, check: () => T | Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    refuseAt(path, error);
  }
}

function refuseAt(path: string, error: unknown): never {
  if (!(error instanceof SluiceError)) throw error;
  const { code, fix, details, message } = error;
  throw new SluiceError({ code, message: `${path}: ${message}`, details, ...(fix ? { fix } : {}) });
}

/** Looks up what is only named (`use: judge_helpful@3`). */
async function resolveEvaluators(
  db: Store,
  projectId: string,
  named: NonNullable<ExperimentSpec['evaluators']>,
): Promise<{ config: EvaluatorConfig; stored: { versionId: string; version: number } | null }[]> {
  const resolved = [];
  for (const [index, one] of named.entries()) {
    if (!('use' in one)) {
      resolved.push({ config: one, stored: null });
      continue;
    }
    const reference = { projectId, ...parseEvaluatorReference(one) };
    const { config, ...stored } = await findEvaluatorVersion(db, reference).catch((error: unknown) =>
      refuseAt(`evaluators[${index}].use`, error),
    );
    resolved.push({ config, stored });
  }
  return resolved;
}

/**
 * What a run without a gate is judged by where its examples hold golden ones: as without, no shown regression of any
 * evaluator nor of errorRate, and no broken golden example of any that says pass or fail.
 */
function protectGolden(evaluators: EvaluatorConfig[]): GatePolicy {
  const names = evaluators.map(({ name }) => name);
  const golden = evaluators.filter((config) => kindOfEvaluator(config) === 'binary');
  return {
    criteria: [
      ...[...names, 'errorRate'].map((metric) => ({ metric, hypothesis: 'no_regression' as const })),
      ...golden.map(({ name }) => ({ metric: name, split: goldenSplit, mustPass: true })),
    ],
  };
}

async function resolveGate(db: Store, projectId: string, gate: ExperimentSpec['gate']): Promise<Plan['gate']> {
  if (gate === undefined) return { name: null, version: null, policy: null };
  if (typeof gate !== 'string') return { name: null, version: null, policy: gate };
  const [name = '', version] = gate.split('@', 2);
  return findGateVersion(db, { projectId, name, version: version === undefined ? null : Number(version) });
}

/** Evaluators that compare are useless over a dataset without a single expected value: said before anything is called. */
function requireExpected(
  judges: EvaluatorConfig[],
  dataset: { name: string; version: number; examples: number; withExpected: number },
): void {
  if (dataset.withExpected > 0) return;
  judges.forEach((evaluator, index) => {
    const compares =
      evaluator.type === 'exact_match' ||
      evaluator.type === 'numeric_match' ||
      (evaluator.type === 'contains' && evaluator.value === undefined) ||
      (evaluator.type === 'json_match' && (evaluator.compare ?? evaluator.schema === undefined));
    if (!compares) return;
    throw new SluiceError({
      code: 'invalid_input',
      message: `evaluators[${index}]: ${evaluator.type} "${evaluator.name}" compares with \`expected\`, and none of the ${dataset.examples} examples of ${dataset.name}@${dataset.version} has one`,
      fix: 'Push the dataset again and say which column it is: `sluice dataset push NAME FILE --map expected=COLUMN`.',
    });
  });
}
