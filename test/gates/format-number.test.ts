import { describe, expect, it } from 'vitest';
import { formatChange, formatDecimal, formatLevel, formatPValue } from '../../gates/format-number.ts';
import { metricOf } from './build-evidence.ts';

describe('numbers in sentences', () => {
  it('carry a true minus sign, and zero carries none', () => {
    expect(formatDecimal(-3.1428, 1)).toBe('\u22123.1');
    expect(formatDecimal(3.1428, 1, true)).toBe('+3.1');
    expect(formatDecimal(-0.01, 1, true)).toBe('0.0');
  });

  it('carry the unit of their metric', () => {
    const of = (name: string, kind: 'binary' | 'duration' | 'money' | 'score' | 'count') =>
      metricOf(name, {}, { kind });
    expect(formatLevel(of('correct', 'binary'), 0.4034)).toBe('40.3 %');
    expect(formatChange(of('correct', 'binary'), 0.182)).toBe('18.2 points');
    expect(formatLevel(of('latencyMs', 'duration'), 812.4)).toBe('812 ms');
    expect(formatLevel(of('costUsd', 'money'), 0.01234)).toBe('$0.0123');
    expect(formatLevel(of('quality', 'score'), 0.71428)).toBe('0.714');
    expect(formatLevel(of('tokens', 'count'), 1234.5)).toBe('1235');
  });

  it('show p values to four digits', () => {
    expect(formatPValue(0.01234)).toBe('p = 0.0123');
    expect(formatPValue(1e-9)).toBe('p < 0.0001');
  });
});
