import type { MetricEvidence } from '../schema/contracts/evidence.ts';

/** Fixed decimals, the same in every locale, with a true minus sign; `signed` writes `+` too. Zero has no sign. */
export function formatDecimal(value: number, digits: number, signed = false): string {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  if (value < 0) return `\u2212${text}`;
  return signed ? `+${text}` : text;
}

/** Decimals that leave about three digits of a value of this size. */
function digitsFor(size: number): number {
  if (size === 0 || size >= 100) return 0;
  if (size >= 10) return 1;
  if (size >= 1) return 2;
  return Math.min(8, 2 - Math.floor(Math.log10(size)));
}

/** A value of the metric as a person reads it: `40.3 %`, `812 ms`, `$0.0123`, `0.714`. */
export function formatLevel(metric: MetricEvidence, value: number): string {
  if (metric.kind === 'binary') return `${formatDecimal(100 * value, 1)} %`;
  if (metric.censored !== undefined) return countSteps(formatDecimal(value, stepDigits(value)));
  const text = formatDecimal(value, metric.kind === 'score' ? 3 : digitsFor(Math.abs(value)));
  if (metric.name.endsWith('Usd')) return value < 0 ? `\u2212$${text.slice(1)}` : `$${text}`;
  return metric.name.endsWith('Ms') ? `${text} ms` : text;
}

/** A difference with the unit behind it: `18.2 points`, `120 ms`, `0.021`. */
export function formatChange(metric: MetricEvidence, value: number): string {
  if (metric.kind !== 'binary') return formatLevel(metric, value);
  const text = formatDecimal(100 * value, 1);
  return text === '1.0' ? '1.0 point' : `${text} points`;
}

/** Two ends of an interval of a difference with the unit once: `+14.6 to +21.7 points`. */
export function formatChanges(metric: MetricEvidence, [low, high]: readonly [number, number]): string {
  if (metric.kind === 'binary')
    return `${formatDecimal(100 * low, 1, true)} to ${formatDecimal(100 * high, 1, true)} points`;
  if (metric.censored !== undefined) {
    const digits = stepDigits(Math.max(Math.abs(low), Math.abs(high)));
    return countSteps(`${formatDecimal(low, digits, true)} to ${formatDecimal(high, digits, true)}`);
  }
  const digits = metric.kind === 'score' ? 3 : digitsFor(Math.max(Math.abs(low), Math.abs(high)));
  const ends = `${formatDecimal(low, digits, true)} to ${formatDecimal(high, digits, true)}`;
  if (metric.name.endsWith('Ms')) return `${ends} ms`;
  return metric.name.endsWith('Usd') ? `${ends} USD` : ends;
}

/** Steps are whole; their means are told to a tenth. */
function stepDigits(size: number): number {
  return Math.abs(size) < 0.1 ? 3 : 1;
}

function countSteps(text: string): string {
  return text === '1.0' ? '1.0 step' : `${text} steps`;
}

/** Two ends of an interval of a ratio, as changes in percent: `\u221212.0 to +3.1 %`. */
export function formatRatios([low, high]: readonly [number, number]): string {
  return `${formatDecimal(100 * (low - 1), 1, true)} to ${formatDecimal(100 * (high - 1), 1, true)} %`;
}

/** `p < 0.0001`, `p = 0.0123`. */
export function formatPValue(pValue: number): string {
  return pValue < 0.0001 ? 'p < 0.0001' : `p = ${pValue.toFixed(4)}`;
}

/** A level as `95 %` or `97.5 %`. */
export function formatConfidence(confidence: number): string {
  return `${Number((100 * confidence).toFixed(4))} %`;
}

/** `1 value`, `2 values`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
