import type { AgreementResult, Interval } from '../../schema/contracts/result.ts';
import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';
import { renderTable } from '../render-table.ts';

export interface AgreementOptions {
  /** The name under which people labelled. */
  readonly name?: string;
  readonly threshold?: number;
  readonly confidence?: number;
}

/** `evaluator trust NAME[@version]`: how far a judge agrees with people. */
export async function showAgreement(judge: string, options: AgreementOptions, global: GlobalOptions): Promise<void> {
  const { name: label, threshold, confidence } = options;
  await withStack(global, async ({ sluice }) => {
    const found = await sluice.annotations.agreement.query({
      judge,
      ...(label === undefined ? {} : { label }),
      ...(threshold === undefined ? {} : { threshold }),
      ...(confidence === undefined ? {} : { confidence }),
    });
    console.log(global.json ? JSON.stringify(found) : render(found));
  });
}

function render(found: AgreementResult): string {
  const { trials, labels, examples, people, observed, categories, counts } = found;
  const lines = [
    `${found.judge} against people's "${found.label}": ${labels} labels of ${trials} trials (${examples} examples) by ${people.join(', ') || 'nobody'}`,
  ];
  if (found.basis === 'score') lines.push(`scores of at least ${found.threshold} count as 1, others as 0`);
  if (observed !== null) lines.push(`agreement  ${(100 * observed).toFixed(1)} %`);
  lines.push(`kappa      ${measured(found.kappa, found.interval, found.confidence)}`);
  if (found.interval === null && found.reason !== undefined) lines.push(`           ${found.reason}`);
  if (people.length > 1) {
    lines.push(
      `alpha      ${measured(found.alpha, found.alphaInterval, found.confidence)} among people (Krippendorff)`,
    );
  }
  if (found.unusable > 0) lines.push(`${found.unusable} labels are left out: one side has no ${found.basis}`);
  if (labels > 0) {
    const rows = categories.map((category, index) => [category, ...(counts[index] ?? []).map(String)]);
    const header = ['judge \\ person', ...categories];
    lines.push('', renderTable(header, rows, Number.POSITIVE_INFINITY) ?? '');
  }
  return lines.join('\n');
}

function measured(value: number | null, interval: Interval | null, confidence: number): string {
  if (value === null) return 'unknown';
  const range = interval === null ? '' : ` [${interval[0].toFixed(2)}, ${interval[1].toFixed(2)}]`;
  return `${value.toFixed(2)}${range}${interval === null ? '' : ` at ${100 * confidence} %`}`;
}
