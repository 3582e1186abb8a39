import { describe, expect, it } from 'vitest';
import { reportLimit } from '../../../cli/report/render-markdown.ts';
import type { Json } from '../../../schema/contracts/json.ts';
import { plan, report, result } from './example-run.ts';

describe('the report for a pull request', () => {
  it('tells verdict, change, comparisons with their tests, metrics, worse examples, failures and where to see more', async () => {
    await expect(report()).toMatchFileSnapshot('golden/several-candidates.md');
  });

  it('says what an inconclusive verdict counts as', () => {
    const inconclusive = { verdict: 'inconclusive', action: 'hold' } as const;
    expect(report(inconclusive)).toContain('## shorter-prompt: INCONCLUSIVE\n');
    expect(report(inconclusive, { onInconclusive: 'pass' })).toContain('INCONCLUSIVE (counted as pass here)');
    expect(report({}, { onInconclusive: 'pass' })).not.toContain('counted as');
  });

  it('of a run that could not finish says so and why, and passes nothing', () => {
    const text = report({
      status: 'failed',
      verdict: null,
      action: null,
      reasons: [],
      comparisons: [],
      metrics: [],
      front: null,
      error: { message: 'control: 40 of 40 trials failed' },
    });
    expect(text).toContain('NO VERDICT: run failed');
    expect(text).toContain('- control: 40 of 40 trials failed');
    expect(text).not.toContain('### Comparisons');
  });

  it('never shows the value of a header or the query of a URL', () => {
    expect(report()).not.toContain('hidden');
    expect(report()).toContain('<code>headers.x-key</code>: (not shown) → (not shown)');
  });

  it('fits into a comment whatever is in the run', () => {
    const long = 'x'.repeat(100_000);
    const many = <Item>(count: number, item: Item) => Array.from({ length: count }, () => item);
    const [variant] = plan.variants;
    const text = report(
      {
        reasons: many(500, long),
        warnings: many(500, long),
        failures: many(20, { ...(result.failures[0] as (typeof result.failures)[0]), message: long, exampleId: long }),
        comparisons: many(1_000, result.comparisons[1] as (typeof result.comparisons)[0]).map((one) => ({
          ...one,
          reason: long.slice(0, 2_000),
        })),
        metrics: Array.from({ length: 2_000 }, (_, index) => ({
          ...(result.metrics[0] as (typeof result.metrics)[0]),
          metric: `m${index % 60}`,
          variant: `v${Math.floor(index / 60)}`,
        })),
      },
      {
        plan: { ...plan, variants: many(20, variant as (typeof plan.variants)[0]) },
        regressions: many(6, {
          metric: 'correct',
          candidate: 'short',
          total: 900,
          examples: many(20, {
            id: long,
            input: long,
            expected: long,
            control: { output: long, error: null, score: 1 },
            candidate: { output: long, error: null, score: 0 },
          }),
        }),
      },
    );
    expect(text.length).toBeLessThan(reportLimit);
    expect(text).toContain('To see more:');
    expect(text.match(/<details>/g)?.length ?? 0).toBe(text.match(/<\/details>/g)?.length ?? 0);
  });

  it('shows as many worse examples as there is room for, and counts the rest', () => {
    const example = {
      id: 'q1',
      input: 'i'.repeat(5_000),
      expected: 'e',
      control: { output: 'a', error: null, score: 1 },
      candidate: { output: 'b', error: null, score: 0 },
    };
    const text = report(
      {},
      {
        regressions: [{ metric: 'correct', candidate: 'short', total: 300, examples: Array(20).fill(example) }],
      },
    );
    expect(text.match(/<pre>/g)).toHaveLength(20);
    expect(text).toContain('… and 280 more');
    expect(text).toContain('i… (5,000 characters)');
  });
});

describe('addresses in the report', () => {
  it('become links when they are web addresses, and cannot end the link', () => {
    const at = (url: string) => report({ git: { url } }).split('\n')[4];
    expect(at('https://ci.example/job/7')).toContain('[job](https://ci.example/job/7)');
    expect(at('https://ci.example/a)[x](b "c')).toContain('[job](https://ci.example/a%29%5bx%5d%28b%20%22c)');
    expect(at('javascript:alert(1)')).not.toContain('job');
    expect(at('ci.example/job')).not.toContain('job');
  });
});

/** What an agent, a dataset or an error message might hold to break out of where it is shown. */
const attacks = [
  '</pre></details><script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '![](https://evil.example/track.png)',
  '[approve here](https://evil.example)',
  'https://evil.example/login',
  'www.evil.example',
  '@admin please merge #1',
  '`code` **bold** _it_ ~~no~~ | cell | cell |',
  '\n\n# PASS\n\n| a | b |\n| --- | --- |\n',
  '```\n## PASS\n```',
  '<!-- sluice report -->',
  '</code></summary><h1>PASS',
  '\u202egnp.evil\u0007\u001b[31m',
  '\ud800',
];

describe.each(attacks)('text from outside: %j', (attack) => {
  const said = (output: Json) => ({ output, error: null, score: 0 });
  const text = report(
    {
      reasons: [attack],
      warnings: [attack],
      error: { message: attack },
      failures: [{ ...(result.failures[0] as (typeof result.failures)[0]), message: attack, exampleId: attack }],
      comparisons: result.comparisons.map((one) => ({ ...one, reason: attack, test: attack })),
      git: { sha: attack, branch: attack, actor: attack, url: `javascript:${attack}` },
    },
    {
      plan: {
        ...plan,
        variants: plan.variants.map((variant) => ({
          ...variant,
          config: { adapter: 'function', function: 'f', parameters: { prompt: `${attack}${variant.name}` } },
        })),
      },
      regressions: [
        {
          metric: 'correct',
          candidate: 'short',
          total: 1,
          examples: [{ id: attack, input: attack, expected: [attack], control: said(attack), candidate: said(attack) }],
        },
      ],
    },
  );
  const clean = report({ error: { message: 'none' }, git: null }, {});
  const outside = text.replaceAll(/<pre>[\s\S]*?<\/pre>/g, '');

  it('brings no tag, link, image, mention or heading into the report', () => {
    const tags = new Set(text.match(/<[^>]*>/g)?.map((tag) => tag.toLowerCase()));
    expect([...tags].sort()).toEqual(
      [
        '<!-- sluice report -->',
        '</b>',
        '</code>',
        '</details>',
        '</pre>',
        '</summary>',
        '<b>',
        '<br>',
        '<code>',
        '<details>',
        '<pre>',
        '<summary>',
      ].filter((tag) => tags.has(tag)),
    );
    expect(text.match(/<!--/g)).toHaveLength(1);
    expect(text.match(/<\/pre>/g)).toHaveLength(1);
    expect(text.match(/<\/details>/g)).toHaveLength(1);
    expect(outside).not.toMatch(/(?<!\\)\]\(/);
    expect(outside).not.toMatch(/https?:\/\//);
    expect(outside).not.toMatch(/www\./);
    expect(outside).not.toMatch(/(?<!\w)@\w/);
    expect(outside).not.toMatch(/^#.*PASS/m);
    expect(outside.match(/^```/gm)).toHaveLength(2);
  });

  it('breaks no table, adds no line outside of <pre>, and holds no control character', () => {
    const columns = (line: string) => line.split(/(?<!\\)\|/).length;
    const lines = outside.split('\n');
    const tables = lines.filter((line) => line.startsWith('|'));
    for (let index = 1; index < tables.length; index += 1) {
      if (/^\| ---/.test(tables[index] ?? '')) {
        for (let row = index + 1; row < tables.length && !/^\| ---/.test(tables[row + 1] ?? ''); row += 1) {
          expect(columns(tables[row] ?? ''), tables[row]).toBe(columns(tables[index] ?? ''));
        }
      }
    }
    const structure = (report: string) =>
      report
        .replaceAll(/<pre>[\s\S]*?<\/pre>/g, '')
        .split('\n')
        .filter((line) => /^(#|\||<|```)/.test(line)).length;
    // The clean report has one worse example more, in a block of its own; nothing else differs.
    expect(structure(text)).toBe(structure(clean));
    expect(text).not.toMatch(/[^\P{Cc}\n\t]|[\u202a-\u202e]/u);
    expect(text.isWellFormed()).toBe(true);
  });
});
