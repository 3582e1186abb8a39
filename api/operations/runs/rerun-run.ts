import { suggest } from '../../../schema/contracts/parse-input.ts';
import { parseSpec } from '../../../schema/contracts/parse-spec.ts';
import type { Plan } from '../../../schema/contracts/plan.ts';
import type { ExperimentSpec, Git } from '../../../schema/contracts/spec.ts';
import { SluiceError } from '../../../schema/errors.ts';
import { findRun } from '../../../store/runs/find-run.ts';
import type { SignedContext } from '../../context.ts';
import { requireExperiment } from './require-experiment.ts';
import type { StartedRun } from './same-run.ts';
import { startRun } from './start-run.ts';

export interface RerunInput {
  id: string;
  /** `name[@version][#split]`, in the place of the spec's. */
  dataset?: string;
  /** By variant, `agent[@version]`. */
  variants?: Record<string, string>;
  name?: string;
  /** @default as in the run */
  limit?: number;
  git?: Git;
  idempotencyKey?: string;
}

export interface RerunAnswer extends StartedRun {
  rerunOf: string;
  /** What the run was, and what the new one is. */
  before: Plan;
  after: Plan;
}

/**
 * Starts a new run from the spec of an earlier one, with a few changes. Every name without a version is resolved anew,
 * so that it may be another plan; both are in the answer.
 * @throws {SluiceError} invalid_input, naming the variant that the run does not have; whatever `startRun` refuses
 */
export async function rerunRun({ ctx, input }: { ctx: SignedContext; input: RerunInput }): Promise<RerunAnswer> {
  const run = await requireExperiment(ctx, input.id, 'run anew');
  // Read as if it came today: what was accepted by an earlier version may not be any more.
  const spec = parseSpec(changedSpec(run.spec, input), `the spec of ${input.id}`);
  const limit = input.limit ?? run.plan.limit ?? undefined;
  const started = await startRun({
    ctx,
    input: {
      spec,
      rerunOf: run.id,
      ...(limit === undefined ? {} : { limit }),
      ...(input.idempotencyKey === undefined ? {} : { idempotencyKey: input.idempotencyKey }),
    },
  });
  const after = await findRun(ctx.db, ctx.principal.projectId, started.id);
  return { ...started, rerunOf: run.id, before: run.plan, after: after?.plan ?? run.plan };
}

function changedSpec(spec: ExperimentSpec, input: RerunInput): ExperimentSpec {
  // The commit that the earlier run was started from is not where this one comes from.
  const { git: _, ...stored } = spec;
  const variants = { ...spec.variants };
  for (const [name, reference] of Object.entries(input.variants ?? {})) {
    if (!Object.hasOwn(variants, name)) {
      const known = Object.keys(variants);
      throw new SluiceError({
        code: 'invalid_input',
        message: `${input.id} has no variant "${name}"${suggest(name, known)}`,
        fix: `It has: ${known.join(', ')}.`,
      });
    }
    variants[name] = agentReference(name, reference);
  }
  return {
    ...stored,
    variants,
    ...(input.dataset === undefined ? {} : { dataset: input.dataset }),
    ...(input.name === undefined ? {} : { name: input.name }),
    ...(input.git === undefined ? {} : { git: input.git }),
  };
}

function agentReference(
  variant: string,
  reference: string,
): { agent: string; version?: number | 'latest' | 'production' } {
  const [, agent, version] = /^([^@]+)(?:@(latest|production|[1-9]\d{0,8}))?$/.exec(reference) ?? [];
  if (agent === undefined) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `variants.${variant}: expected agent[@version], found "${reference}"`,
      fix: 'Name a stored agent, e.g. "support-bot@5", "support-bot@latest" or "support-bot@production".',
    });
  }
  if (version === undefined) return { agent };
  return { agent, version: version === 'latest' || version === 'production' ? version : Number(version) };
}
