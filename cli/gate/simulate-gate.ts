import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type SimulationInput, type SimulationResult, simulatePolicy } from '../../gates/simulate-policy.ts';
import { evaluatorConfigSchema, metricOfEvaluator } from '../../schema/contracts/evaluator.ts';
import { type BuiltinMetric, builtinMetrics } from '../../schema/contracts/words.ts';
import { SluiceError } from '../../schema/errors.ts';
import type { ByMetric } from '../by-metric.ts';
import { readDocument } from '../files/read-documents.ts';
import { formatCount } from '../format/format-count.ts';
import { formatDifference } from '../format/format-metric.ts';
import type { GlobalOptions } from '../global-options.ts';
import { renderTable } from '../render-table.ts';
import { readPolicy } from './read-policy.ts';

type SimulatedMetric = SimulationInput['metrics'][number];

export interface SimulateOptions {
  readonly examples: number;
  readonly repetitions: number;
  readonly clusters?: number;
  readonly runs: number;
  readonly seed?: string;
  readonly splitSize?: number;
  readonly base?: ByMetric;
  readonly effect?: ByMetric;
  readonly spread?: ByMetric;
}

interface Scenario extends SimulationResult {
  scenario: 'no_change' | 'effect' | 'loss';
  effects: ByMetric;
}

const defaults = {
  binary: { base: 0.7, effect: 0.05, spread: 0.2 },
  score: { base: 0.7, effect: 0.05, spread: 0.25 },
  money: { base: 0.01, effect: 0, spread: 0.5 },
  duration: { base: 1_000, effect: 0, spread: 0.3 },
  count: { base: 500, effect: 0, spread: 0.3 },
} as const;
const ofErrorRate = { base: 0.02, effect: 0, spread: 0.02 };

/** `gate simulate FILE`: false alarms and power of a whole policy. Needs no stack, calls nobody. */
export async function simulateGate(file: string, options: SimulateOptions, { json }: GlobalOptions): Promise<void> {
  const policy = readPolicy(file);
  const metrics = metricsOf(
    file,
    policy.criteria.map(({ metric }) => metric),
    options,
  );
  const { examples, repetitions, runs } = options;
  const seed = options.seed ?? randomUUID().slice(0, 8);
  const size = {
    policy,
    examples,
    repetitions,
    clusters: options.clusters ?? null,
    splitSize: options.splitSize ?? Math.max(1, Math.round(examples / 5)),
    runs,
    seed,
  };
  const scenarios = (['no_change', 'effect', 'loss'] as const).map((scenario): Scenario => {
    const changed = metrics.map((metric) => ({ ...metric, effect: effectIn(scenario, metric) }));
    const effects = Object.fromEntries(changed.map(({ name, effect }) => [name, effect]));
    try {
      return { scenario, effects, ...simulatePolicy({ ...size, metrics: changed }) };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new SluiceError({ code: 'invalid_input', message: error.message, fix: 'Give another --base or --effect.' });
    }
  });
  if (json)
    return console.log(JSON.stringify({ seed, examples, repetitions, clusters: size.clusters, metrics, scenarios }));
  const rows = scenarios.map(({ scenario, verdicts }) => [
    nameOf(scenario, metrics),
    ...(['pass', 'fail', 'inconclusive'] as const).map((verdict) => share(verdicts[verdict], runs)),
  ]);
  console.log(table(['if', 'pass', 'fail', 'inconclusive'], rows));
  const ofCriteria = (scenarios[1] as Scenario).criteria.map(({ index, metric, hypothesis }) => [
    `${index + 1}. ${metric} ${hypothesis.replaceAll('_', ' ')}`,
    ...scenarios.map(({ criteria }) => {
      const { verdicts } = criteria.find((one) => one.index === index) as SimulationResult['criteria'][number];
      return `${share(verdicts.pass, runs)} / ${share(verdicts.fail, runs)}`;
    }),
  ]);
  console.log(table(['criterion: pass / fail', 'no change', 'effect', 'loss'], ofCriteria));
  const grouped = size.clusters === null ? '' : ` in ${formatCount(size.clusters)} clusters`;
  const each = `${formatCount(examples)} examples${grouped} x ${repetitions}`;
  console.log(`${formatCount(runs)} simulated runs each, ${each}, seed ${seed} (--seed ${seed} repeats them)`);
  console.log(
    `assumed: ${metrics.map(({ name, base, spread }) => `${name} base ${base}, spread ${spread}`).join('; ')}; examples of splits and slices like all others`,
  );
}

/** The metrics to simulate: those of the criteria, else the evaluators of the spec in the file, else those that options name. */
function metricsOf(file: string, named: readonly string[], options: SimulateOptions): SimulatedMetric[] {
  const { evaluators: configs } = readDocument(file) as { evaluators?: unknown };
  // What is only named (`use`) is known to the stack alone: its metric is taken to be binary.
  const known = (z.array(z.unknown()).safeParse(configs).data ?? []).flatMap(
    (config) => evaluatorConfigSchema.safeParse(config).data ?? [],
  );
  const evaluators = new Map(known.map((config) => [config.name, metricOfEvaluator(config)]));
  const given = [options.base, options.effect, options.spread].flatMap((values) => Object.keys(values ?? {}));
  const names = [...new Set([...named, ...(named.length === 0 ? [...evaluators.keys(), ...given, 'errorRate'] : [])])];
  const unknown = given.find((name) => !names.includes(name));
  if (unknown !== undefined || names.join() === 'errorRate') {
    const why = unknown === undefined ? 'names no metric' : `has no metric "${unknown}"`;
    throw new SluiceError({
      code: 'invalid_input',
      message: `${file}: the policy ${why}${unknown === undefined ? '' : `; it has: ${names.join(', ')}`}`,
      fix: 'Name metrics by --effect METRIC=VALUE, or give the experiment with its evaluators.',
    });
  }
  return names.map((name) => {
    const builtin = Object.hasOwn(builtinMetrics, name) ? builtinMetrics[name as BuiltinMetric] : null;
    const kind = builtin?.kind ?? evaluators.get(name)?.kind ?? 'binary';
    const assumed = name === 'errorRate' ? ofErrorRate : defaults[kind];
    return {
      name,
      kind,
      direction: builtin?.direction ?? evaluators.get(name)?.direction ?? 'higher',
      base: options.base?.[name] ?? assumed.base,
      effect: options.effect?.[name] ?? assumed.effect,
      spread: options.spread?.[name] ?? assumed.spread,
    };
  });
}

/** A loss is as large as the declared effect, in the bad direction. */
function effectIn(scenario: Scenario['scenario'], { effect, direction }: SimulatedMetric): number {
  if (scenario === 'effect') return effect;
  if (scenario === 'no_change') return 0;
  return direction === 'higher' ? -Math.abs(effect) : Math.abs(effect);
}

function nameOf(scenario: Scenario['scenario'], metrics: readonly SimulatedMetric[]): string {
  if (scenario === 'no_change') return 'nothing changes';
  const changed = metrics
    .map((metric) => ({ ...metric, effect: effectIn(scenario, metric) }))
    .filter(({ effect }) => effect !== 0)
    .map(({ name, kind, effect }) => {
      const relative = kind === 'money' || kind === 'duration' || kind === 'count';
      return `${name} ${relative ? `${effect > 0 ? '+' : '−'}${Math.abs(100 * effect)} %` : formatDifference(kind, 'difference', effect)}`;
    });
  return changed.join(', ') || 'nothing changes';
}

function share(count: number, runs: number): string {
  return `${((100 * count) / runs).toFixed(1)} %`;
}

function table(header: string[], rows: string[][]): string {
  return renderTable(header, rows, Number.POSITIVE_INFINITY) ?? '';
}
