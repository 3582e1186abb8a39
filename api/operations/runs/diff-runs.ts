import type { DiffChange, DiffSide, RunDiff } from '../../../schema/contracts/diff.ts';
import { suggest } from '../../../schema/contracts/parse-input.ts';
import { SluiceError } from '../../../schema/errors.ts';
import type { RunRow } from '../../../store/runs/find-run.ts';
import type { SignedContext } from '../../context.ts';
import { planWithAttached } from './plan-with-attached.ts';
import { requireExperiment } from './require-experiment.ts';

/** A run and one of its variants; without a variant its only candidate. */
export interface SideReference {
  run: string;
  variant?: string;
}

/** Compares two variants, of one run or of two over the same dataset, example by example. */
export async function diffRuns({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { a: SideReference; b: SideReference; metric?: string; change?: DiffChange; limit: number };
}): Promise<RunDiff> {
  const runA = await requireExperiment(ctx, input.a.run, 'compared example by example');
  const runB =
    input.b.run === input.a.run ? runA : await requireExperiment(ctx, input.b.run, 'compared example by example');
  if (runA.plan.dataset.name !== runB.plan.dataset.name) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `${runA.id} asked ${runA.plan.dataset.name} and ${runB.id} asked ${runB.plan.dataset.name}: examples of different datasets are not the same, whatever their ids`,
      fix: 'Compare runs over versions or splits of one dataset.',
    });
  }
  const a = sideOf(runA, input.a);
  const b = sideOf(runB, input.b);
  if (a.run === b.run && a.variant === b.variant) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `both sides are ${a.run}:${a.variant}`,
      fix: `Name two variants: ${a.run}:control and ${a.run}:${a.variant === 'control' ? 'CANDIDATE' : a.variant}.`,
    });
  }
  const { metric, change, limit } = input;
  const plans = { a: await planWithAttached(ctx, runA), b: await planWithAttached(ctx, runB) };
  return ctx.analyst.run('diffRuns', { a, b, plans, metric, change, limit });
}

function sideOf({ id, name, plan }: RunRow, { variant }: SideReference): DiffSide {
  const names = plan.variants.map((one) => one.name);
  const candidates = names.filter((one) => one !== 'control');
  if (variant === undefined && candidates.length > 1) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `${id} has several candidates: ${candidates.join(', ')}`,
      fix: `Say which: ${id}:${candidates[0]}.`,
    });
  }
  const wanted = variant ?? candidates[0] ?? 'control';
  const planned = plan.variants.find((one) => one.name === wanted);
  if (!planned) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `${id} has no variant "${wanted}"${suggest(wanted, names)}`,
      fix: `It has: ${names.join(', ')}.`,
    });
  }
  const { dataset } = plan;
  const split = dataset.split === null ? '' : `#${dataset.split}`;
  return {
    run: id,
    name,
    variant: wanted,
    agent: planned.agent,
    dataset: `${dataset.name}@${dataset.version}${split}`,
    repetitions: plan.repetitions,
  };
}
