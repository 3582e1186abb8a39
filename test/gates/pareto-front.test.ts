import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { paretoFront } from '../../gates/pareto-front.ts';
import type { MetricResult } from '../../schema/contracts/result.ts';

type Point = { quality: number | null; costUsd: number | null; latencyMs: number | null };

function metricsOf(points: Record<string, Point>): MetricResult[] {
  return Object.entries(points).flatMap(([variant, { quality, costUsd, latencyMs }]): MetricResult[] => [
    { metric: 'correct', variant, n: 10, mean: quality, interval: null, kind: 'binary' },
    { metric: 'costUsd', variant, n: 10, mean: costUsd, interval: null, kind: 'money' },
    // The mean must not decide: one slow call moves it.
    { metric: 'latencyMs', variant, n: 10, mean: 99, interval: null, kind: 'duration', p50: latencyMs, p95: 500 },
  ]);
}

const quality = { name: 'correct', direction: 'higher' } as const;

describe('the front of quality, cost and latency', () => {
  it('holds what no other variant beats, and says who beats the rest', () => {
    const front = paretoFront(
      metricsOf({
        control: { quality: 0.7, costUsd: 0.02, latencyMs: 300 },
        large: { quality: 0.9, costUsd: 0.05, latencyMs: 800 },
        small: { quality: 0.7, costUsd: 0.01, latencyMs: 100 },
        worse: { quality: 0.6, costUsd: 0.02, latencyMs: 300 },
      }),
      quality,
    );
    expect(front.dimensions).toEqual(['quality', 'costUsd', 'latencyMs']);
    expect(front.variants.map(({ variant, dominatedBy }) => [variant, dominatedBy])).toEqual([
      ['control', ['small']],
      ['large', []],
      ['small', []],
      ['worse', ['control', 'small']],
    ]);
  });

  it('keeps variants that are level in everything', () => {
    const same = { quality: 0.5, costUsd: 0.01, latencyMs: 10 };
    const front = paretoFront(metricsOf({ control: same, a: same, b: same }), quality);
    expect(front.variants.every((one) => one.onFront)).toBe(true);
  });

  it('leaves out a dimension that some variant has no value for', () => {
    const front = paretoFront(
      metricsOf({
        control: { quality: 0.5, costUsd: null, latencyMs: 10 },
        cheap: { quality: 0.4, costUsd: 0.001, latencyMs: 20 },
        other: { quality: 0.6, costUsd: 0.002, latencyMs: 20 },
      }),
      quality,
    );
    expect(front.dimensions).toEqual(['quality', 'latencyMs']);
    expect(front.variants[1]).toMatchObject({ variant: 'cheap', costUsd: 0.001, dominatedBy: ['control', 'other'] });
  });

  it('turns quality around where less is better, and compares cost and speed alone where nothing judges', () => {
    const metrics = metricsOf({
      control: { quality: 0.5, costUsd: 0.01, latencyMs: 10 },
      a: { quality: 0.1, costUsd: 0.01, latencyMs: 10 },
      b: { quality: 0.9, costUsd: 0.02, latencyMs: 10 },
    });
    const onFront = (front: ReturnType<typeof paretoFront>) =>
      front.variants.filter((one) => one.onFront).map((one) => one.variant);
    expect(onFront(paretoFront(metrics, { name: 'correct', direction: 'lower' }))).toEqual(['a']);
    expect(onFront(paretoFront(metrics, null))).toEqual(['control', 'a']);
  });

  it('is never empty, and whoever is beaten is beaten by somebody on it', () => {
    const point = fc.record({
      quality: fc.integer({ min: 0, max: 3 }),
      costUsd: fc.integer({ min: 0, max: 3 }),
      latencyMs: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 8 }), (points) => {
        const { variants } = paretoFront(
          metricsOf(Object.fromEntries(points.map((one, i) => [`v${i}`, one]))),
          quality,
        );
        const front = new Set(variants.filter((one) => one.onFront).map((one) => one.variant));
        expect(front.size).toBeGreaterThan(0);
        for (const one of variants) {
          if (!one.onFront) expect(one.dominatedBy.some((other) => front.has(other))).toBe(true);
        }
      }),
    );
  });
});
