import { expect, test } from 'vitest';
import { decideVariant, type Split } from '../../assignment/decide-variant.ts';
import { stageRanges } from '../../assignment/stage-ranges.ts';

function split(share: number, more: Partial<Split> = {}): Split {
  const { control, candidates } = stageRanges({ strategy: 'canary', candidates: 1, share });
  return {
    seed: 'rollout-1',
    hashVersion: 2,
    fallback: 0,
    variants: [
      { name: 'control', version: 3, range: control },
      { name: 'candidate', version: 4, range: candidates[0] as [number, number] },
    ],
    conditions: [],
    force: {},
    startedAtMs: 1_000,
    ...more,
  };
}
const units = Array.from({ length: 20_000 }, (_, number) => `session-${number}`);
const leased = { leased: true };
const gets = (share: number, unit: string, more: Partial<Split> = {}) =>
  decideVariant(split(share, more), unit, leased);

test('nobody who got the candidate loses it while the share grows from 1 to 50 %', () => {
  const shares = [0.01, 0.05, 0.2, 0.5];
  for (const unit of units) {
    const positions = shares.map((share) => gets(share, unit).position);
    expect(positions.toSorted()).toEqual(positions);
  }
});

test.each([0.01, 0.05, 0.5])('a share of %d is what units get', (share) => {
  const got = units.filter((unit) => gets(share, unit).position === 1).length / units.length;
  expect(Math.abs(got - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / units.length));
});

test('another rollout draws its units anew', () => {
  const both = units.filter(
    (unit) => gets(0.5, unit).position === 1 && gets(0.5, unit, { seed: 'rollout-2' }).position === 1,
  );
  expect(Math.abs(both.length / units.length - 0.25)).toBeLessThan(0.02);
});

test('when the lease is over everybody gets control, testers too, and nothing is drawn', () => {
  const one = split(0.5, { force: { tester: 'candidate' } });
  expect(decideVariant(one, 'tester', { leased: false }).position).toBe(0);
  for (const unit of units.slice(0, 100)) {
    expect(decideVariant(one, unit, { leased: false })).toEqual({ position: 0, assignedBy: 'lease_over' });
  }
});

test('a forced variant, an older session and a unit outside the conditions are no draw', () => {
  expect(gets(0.01, 'tester', { force: { tester: 'candidate' } })).toEqual({ position: 1, assignedBy: 'forced' });
  expect(decideVariant(split(0.5), 's', { leased: true, sessionStartedAtMs: 999 })).toEqual({
    position: 0,
    assignedBy: 'older_session',
  });
  const conditions = [{ attribute: 'country', operator: 'in', value: ['NO', 'SE'] }] as const;
  const at = (country: string) =>
    decideVariant(split(0.5, { conditions }), 's', { leased: true, attributes: { country } });
  expect(at('DE')).toEqual({ position: 0, assignedBy: 'conditions' });
  expect(at('NO').assignedBy).toBe('hash');
});

test('variants of a test have fixed ranges, control first', () => {
  expect(stageRanges({ strategy: 'ab_test', candidates: 2, share: 0.25 })).toEqual({
    control: [0, 0.5],
    candidates: [
      [0.5, 0.75],
      [0.75, 1],
    ],
  });
});

test('a share that leaves control nothing, or is finer than a bucket, is refused', () => {
  expect(() => stageRanges({ strategy: 'ab_test', candidates: 2, share: 0.5 })).toThrow('leave control nothing');
  expect(() => stageRanges({ strategy: 'canary', candidates: 1, share: 0.00005 })).toThrow('1/10000');
});
