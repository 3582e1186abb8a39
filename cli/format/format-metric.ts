import type { Interval } from '../../schema/contracts/result.ts';
import type { MetricKind } from '../../schema/contracts/words.ts';
import { formatDuration } from './format-duration.ts';

/** What a cell shows where there is no value. */
export const noValue = '–';

const number = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 });
const minus = (text: string) => text.replace(/^-/, '−');

/** A mean in its metric's own unit: `80.0 %`, `0.734`, `$0.0021`, `340 ms`. */
export function formatMetric(kind: MetricKind, value: number | null): string {
  if (value === null) return noValue;
  switch (kind) {
    case 'binary':
      return `${minus((value * 100).toFixed(1))} %`;
    case 'money':
      return formatMoney(value);
    case 'duration':
      return minus(formatDuration(value));
    default:
      return minus(number.format(value));
  }
}

/** US dollars with as many digits as a small amount needs: `$12.40`, `$0.0021`. */
export function formatMoney(usd: number): string {
  const size = Math.abs(usd);
  const digits = size === 0 || size >= 1 ? 2 : Math.min(8, Math.max(2, 1 - Math.floor(Math.log10(size))));
  return `${usd < 0 ? '−' : ''}$${size.toFixed(digits)}`;
}

/** `[73.1, 88.0] %`; units that depend on the size stand with each value: `[340 ms, 1.2 s]`. */
export function formatInterval(kind: MetricKind, interval: Interval | null): string {
  if (interval === null) return noValue;
  return pair(formatMetric(kind, interval[0]), formatMetric(kind, interval[1]));
}

function pair(low: string, high: string): string {
  const unit = [' %', ' pp'].find((one) => low.endsWith(one) && high.endsWith(one));
  if (unit === undefined) return `[${low}, ${high}]`;
  return `[${low.slice(0, -unit.length)}, ${high.slice(0, -unit.length)}]${unit}`;
}

/** A difference with its sign, in percentage points for pass/fail metrics: `+9.1 pp`; a ratio: `×0.92`. */
export function formatDifference(kind: MetricKind, scale: 'difference' | 'ratio', value: number | null): string {
  if (value === null) return noValue;
  if (scale === 'ratio') return `×${number.format(value)}`;
  const text = kind === 'binary' ? `${minus((value * 100).toFixed(1))} pp` : formatMetric(kind, value);
  return value > 0 ? `+${text}` : text;
}

export function formatDifferenceInterval(
  kind: MetricKind,
  scale: 'difference' | 'ratio',
  interval: Interval | null,
): string {
  if (interval === null) return noValue;
  return pair(formatDifference(kind, scale, interval[0]), formatDifference(kind, scale, interval[1]));
}

/** `0.031`, `<0.001`. */
export function formatP(value: number | null): string {
  if (value === null) return noValue;
  if (value < 0.001) return '<0.001';
  return value >= 0.9995 ? '1' : value.toFixed(3);
}
