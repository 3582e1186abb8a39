import type { PlanPreview } from '../../schema/contracts/plan-preview.ts';
import type { Colors } from '../colors.ts';
import { formatCount } from '../format/format-count.ts';
import { formatDuration } from '../format/format-duration.ts';
import { formatDifference, formatMetric, formatMoney, noValue } from '../format/format-metric.ts';
import { shortJson } from '../format/short-json.ts';
import { detectableText } from '../run/detectable-text.ts';

const callsShown = 4;

/** A plan for a person: what is resolved, the sample, estimates, what can be shown, warnings. */
export async function renderPlan(preview: PlanPreview, colors: Colors): Promise<string> {
  return [
    resolved(preview, colors),
    await sampleTable(preview, colors),
    firstCalls(preview, colors),
    estimates(preview),
    detectableText(preview.detectableEffects),
    undecided(preview),
    preview.warnings.map((warning) => `${colors.yellow('warning')} ${warning}`).join('\n'),
  ]
    .filter((block) => block !== '')
    .join('\n\n');
}

function resolved({ name, plan, examples, clusters, trials }: PlanPreview, colors: Colors): string {
  const { dataset, gate, evaluators, variants, repetitions, concurrency } = plan;
  const split = dataset.split === null ? '' : `#${dataset.split}`;
  const times = repetitions === 1 ? '' : ` × ${repetitions} repetitions`;
  const criteria = gate.policy?.criteria.length ?? 0;
  const policy =
    gate.policy === null
      ? 'no regression of any evaluator or of errorRate (default)'
      : [
          gate.name === null ? '' : `${gate.name}@${gate.version}`,
          gate.policy.profile ? `profile ${gate.policy.profile}` : '',
          criteria === 0 ? '' : `${criteria} ${criteria === 1 ? 'criterion' : 'criteria'}`,
        ]
          .filter(Boolean)
          .join(', ');
  const lines = [
    [
      'dataset',
      `${dataset.name}@${dataset.version}${split}, ${formatCount(examples)} examples${clusters === null ? '' : ` in ${formatCount(clusters)} clusters`}`,
    ],
    ['evaluators', evaluators.map(({ config }) => `${config.name} (${config.type})`).join(', ') || 'none'],
    ['gate', policy],
    [
      'trials',
      `${formatCount(trials)} = ${formatCount(examples)} examples × ${variants.length} variants${times}, ${concurrency} at once`,
    ],
  ];
  return [colors.bold(name), ...lines.map(([title = '', text]) => `${colors.dim(title.padEnd(10))}  ${text}`)].join(
    '\n',
  );
}

async function sampleTable({ sample, plan, calls }: PlanPreview, colors: Colors): Promise<string> {
  const { renderTable } = await import('../render-table.ts');
  const names = plan.evaluators.map(({ config }) => config.name);
  const rows = sample.map(({ variant, agent, adapter, calls: made, failed, latencyMs, costUsd, skipped }) => [
    variant,
    agent ? `${agent.name}@${agent.version}` : adapter,
    skipped === null ? `${made - failed} of ${made}` : 'not called',
    formatMetric('duration', latencyMs),
    formatMetric('money', costUsd),
    ...names.map((name) => {
      const scores = calls.filter((call) => call.variant === variant).map((call) => call.scores[name]);
      const known = scores.filter((score) => score !== null && score !== undefined);
      if (known.length === 0) return noValue;
      return `${Number((known.reduce((sum, score) => sum + score, 0) / known.length).toFixed(3))}`;
    }),
  ]);
  const header = ['variant', 'agent', 'answered', 'mean latency', 'mean cost', ...names].map(colors.dim);
  const table = renderTable(header, rows, Number.POSITIVE_INFINITY) ?? '';
  return `sample: one call each of up to five examples; not stored, and too few to judge by\n${table}`;
}

/** The first answers, so that a reader sees what evaluators would. */
function firstCalls({ calls }: PlanPreview, colors: Colors): string {
  const [first] = calls;
  const shown = calls.filter((call) => call.exampleId === first?.exampleId).slice(0, callsShown);
  return shown
    .map(({ variant, exampleId, output, error }) => {
      const said = error === null ? shortJson(output, 100) : colors.red(shortJson(error, 200));
      return `${colors.dim(`${variant} on ${shortJson(exampleId, 40)}:`)} ${said}`;
    })
    .join('\n');
}

function estimates({ estimatedCostUsd, estimatedDurationMs, plan }: PlanPreview): string {
  const cost =
    estimatedCostUsd === null
      ? 'unknown (agents did not tell usage.costUsd)'
      : `about ${formatMoney(estimatedCostUsd)}`;
  const time =
    estimatedDurationMs === null
      ? 'unknown'
      : `about ${formatDuration(estimatedDurationMs)} with ${plan.concurrency} calls at once`;
  return `cost      ${cost}\nduration  ${time}`;
}

function undecided({ undecided: chances, detectableEffects }: PlanPreview): string {
  return chances
    .map(({ metric, hypothesis, effect, chance }) => {
      const kind = detectableEffects.find((one) => one.metric === metric)?.kind ?? 'score';
      const size = formatDifference(kind, 'difference', effect);
      return `if ${metric} changes by ${size}: ${hypothesis.replace('_', ' ')} stays undecided with probability ${Math.round(100 * chance)} %`;
    })
    .join('\n');
}
