import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runSuiteCase, suiteNames } from './reference/suites.ts';

/** Golden values: every suite of the folder SLUICE_VECTORS (default test/golden/), every case, every field of `expected`. */
const folder = process.env.SLUICE_VECTORS ?? join(import.meta.dirname, '..', 'golden');
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

type Suite = {
  readonly suite: string;
  readonly tolerance?: { readonly abs: number; readonly rel: number };
  readonly cases?: readonly { readonly id: string; readonly input: unknown; readonly expected: unknown }[];
};

it('finds at least one suite in the folder of golden values', () => {
  expect(files, `no *.json in ${folder}`).not.toEqual([]);
});

for (const file of files) {
  const suite = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Suite;
  describe(suite.suite, () => {
    it('is a suite the product knows', () => {
      expect(suiteNames, `${file} names an unknown suite`).toContain(suite.suite);
    });
    if (!suiteNames.includes(suite.suite)) return;
    const tolerance = suite.tolerance ?? { abs: 1e-6, rel: 0 };
    for (const { id, input, expected } of suite.cases ?? publishedCases(suite as never)) {
      it(`gives the golden values of ${id}`, () => {
        const got = runSuiteCase(suite.suite, input);
        const differences: string[] = [];
        compare({ path: '', got, want: expected, tolerance, differences });
        expect(differences).toEqual([]);
      });
    }
  });
}

/** GrowthBook's published cases: one list of tuples per function. */
function publishedCases(suite: Record<string, unknown[][]>) {
  return ['hash', 'getBucketRange', 'chooseVariation', 'inNamespace', 'getEqualWeights'].flatMap((op) =>
    (suite[op] ?? []).map((tuple, i) => ({
      id: `${op} ${i + 1}`,
      input: { op, arguments: tuple.slice(0, -1) } as unknown,
      expected: tuple.at(-1),
    })),
  );
}

function compare(input: {
  readonly path: string;
  readonly got: unknown;
  readonly want: unknown;
  readonly tolerance: { readonly abs: number; readonly rel: number };
  readonly differences: string[];
}): void {
  const { path, got, tolerance, differences } = input;
  const want = numberIn(input.want);
  if (typeof want === 'number') {
    if (!(typeof got === 'number' && close(got, want, tolerance))) {
      differences.push(`${path || 'value'}: got ${String(got)}, want ${want}`);
    }
    return;
  }
  if (Array.isArray(want)) {
    if (!Array.isArray(got) || got.length !== want.length) {
      differences.push(`${path}: got ${JSON.stringify(got)}, want ${want.length} elements`);
      return;
    }
    for (const [i, element] of want.entries()) {
      compare({ ...input, path: `${path}[${i}]`, got: got[i], want: element });
    }
    return;
  }
  if (typeof want === 'object' && want !== null) {
    const answer = (got ?? {}) as Record<string, unknown>;
    const wanted = want as Record<string, unknown>;
    if ('error' in wanted && wanted.error !== null) {
      // Only that the result is reported as not computable matters, not the filler beside it.
      if (typeof answer.error !== 'string') differences.push(`${path}: computable, want error ${String(wanted.error)}`);
      return;
    }
    for (const [key, value] of Object.entries(wanted)) {
      compare({ ...input, path: path ? `${path}.${key}` : key, got: answer[key], want: value });
    }
    return;
  }
  if (got !== want) differences.push(`${path || 'value'}: got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
}

function numberIn(value: unknown): unknown {
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : value;
}

function close(got: number, want: number, { abs, rel }: { readonly abs: number; readonly rel: number }): boolean {
  if (Number.isNaN(want)) return Number.isNaN(got);
  if (!Number.isFinite(want)) return got === want;
  return Math.abs(got - want) <= abs + rel * Math.abs(want);
}
