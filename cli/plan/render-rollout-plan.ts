import type { RolloutPlanMetric } from '../../schema/contracts/rollout-plan.ts';
import type { RolloutPreview } from '../../schema/contracts/rollout-preview.ts';
import type { Colors } from '../colors.ts';
import { formatCount } from '../format/format-count.ts';
import { formatDuration } from '../format/format-duration.ts';

/** The plan of a rollout for a person: versions, stages, what is watched, who is asked, warnings. */
export async function renderRolloutPlan(preview: RolloutPreview, colors: Colors): Promise<string> {
  const { plan, traffic, falseAlarms } = preview;
  const versions = plan.candidates.map(({ version }) => version).join(', ');
  const units =
    traffic === null
      ? 'unknown'
      : `${formatCount(traffic.unitsPerDay)} units (${plan.unit}s) a day, ${traffic.source === 'declared' ? 'as declared' : 'as in the last 7 days'}`;
  const approvers = [
    ...preview.stages.flatMap(({ stage, approvals }) => (approvals > 0 ? [`stage ${stage}: ${approvals}`] : [])),
    ...(plan.approvals.promote > 0 ? [`promotion: ${plan.approvals.promote}`] : []),
  ];
  const lines = [
    ['agent', `${plan.agent.name}: version ${versions} against ${plan.controlVersion}, which is in production`],
    [
      'strategy',
      `${plan.strategy}, ${plan.candidates.length === 1 ? 'one candidate' : `${plan.candidates.length} candidates`}`,
    ],
    ['traffic', units],
    [
      'takes',
      preview.expectedMs === null
        ? 'unknown'
        : `about ${formatDuration(preview.expectedMs)}, without the time that persons take`,
    ],
    [
      'alarms',
      `at most ${percent(falseAlarms.harmAlpha)} of rollouts as good as control are rolled back: harmAlpha ${falseAlarms.harmAlpha} among k = ${falseAlarms.k}`,
    ],
    [
      'approvers',
      approvers.length === 0 ? 'nobody' : `${approvers.join(', ')} (within ${formatDuration(plan.approvals.ttlMs)})`,
    ],
    [
      'requires',
      plan.requires === null ? 'no experiment' : `an experiment that passed: ${plan.requires.experimentRunId}`,
    ],
    [
      'watch',
      plan.watch === null
        ? 'none after the promotion'
        : `${formatDuration(plan.watch.durationMs)}, ${percent(plan.watch.holdback)} stay on ${plan.controlVersion}`,
    ],
  ];
  return [
    [colors.bold(preview.name), ...lines.map(([title = '', text]) => `${colors.dim(title.padEnd(10))}  ${text}`)].join(
      '\n',
    ),
    await stageTable(preview),
    await metricTable(plan.metrics),
    preview.warnings.map((warning) => `${colors.yellow('warning')} ${warning}`).join('\n'),
  ]
    .filter((block) => block !== '')
    .join('\n\n');
}

async function stageTable({ stages }: RolloutPreview): Promise<string> {
  const { renderTable } = await import('../render-table.ts');
  const rows = stages.map((one) => [
    String(one.stage),
    `${percent(one.share)}${one.kind === 'shadow' ? ' in shadow' : ''}`,
    formatDuration(one.minDurationMs),
    one.expectedMs === null ? 'unknown' : formatDuration(one.expectedMs),
    formatDuration(one.maxDurationMs),
    formatCount(one.minSamples),
    one.requireClear
      ? one.clear.map(({ metric, units }) => `${metric}: ${units === null ? 'never' : formatCount(units)}`).join(', ')
      : 'no',
  ]);
  return (
    renderTable(
      ['stage', 'candidate', 'at least', 'expected', 'at most', 'samples', 'clear (units)'],
      rows,
      Number.POSITIVE_INFINITY,
    ) ?? ''
  );
}

async function metricTable(metrics: RolloutPlanMetric[]): Promise<string> {
  const { renderTable } = await import('../render-table.ts');
  const rows = metrics.map((metric) => [
    metric.name,
    [
      metric.guardrail ? 'guardrail' : '',
      metric.goal ?? '',
      metric.zeroTolerance === null ? '' : `stops at ${metric.zeroTolerance}`,
    ]
      .filter(Boolean)
      .join(', '),
    `${metric.source}, ${metric.direction}`,
    metric.thresholdMs === null
      ? `${number(metric.range[0])} to ${number(metric.range[1])}`
      : `above ${number(metric.thresholdMs)} ms`,
    metric.anchorKnown ? number(metric.anchor) : 'not known yet',
    metric.margin === null ? '' : number(metric.margin),
    number(metric.harmBeyond),
  ]);
  return (
    renderTable(
      ['metric', 'for', 'source', 'scale', 'anchor', 'margin', 'harm beyond'],
      rows,
      Number.POSITIVE_INFINITY,
    ) ?? ''
  );
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(2))} %`;
}

function number(value: number): string {
  return String(Number(value.toPrecision(4)));
}
