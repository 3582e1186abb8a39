import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { exitCode } from '../../cli/run/exit-code.ts';
import { progressBar, progressLine } from '../../cli/run/progress-text.ts';
import { createProgressView } from '../../cli/run/progress-view.ts';
import { renderResult } from '../../cli/run/render-result.ts';
import type { FailureGroup, RunProgress, RunResult } from '../../schema/contracts/result.ts';

const plain = pc.createColors(false);

const progress: RunProgress = {
  id: 'run_1',
  name: 'qa',
  status: 'running',
  counts: { planned: 1_000, succeeded: 290, failed: 20, missing: 2, notRun: 0 },
  done: 312,
  trialsPerSecond: 45.2,
  etaMs: 15_200,
  costUsd: 0.12,
  agentCalls: 320,
  elapsedMs: 7_000,
  final: false,
};

const result: RunResult = {
  id: 'run_1',
  kind: 'experiment',
  name: 'qa',
  status: 'completed',
  verdict: 'pass',
  action: 'roll_forward',
  verdicts: { candidate: 'pass' },
  reasons: ['correct: candidate solves 20.0 points more than control.'],
  warnings: [],
  counts: { planned: 100, succeeded: 100, failed: 0, missing: 0, notRun: 0 },
  metrics: [
    { metric: 'correct', variant: 'control', n: 50, mean: 0.6, interval: [0.46, 0.72], kind: 'binary' },
    { metric: 'correct', variant: 'candidate', n: 50, mean: 0.8, interval: [0.67, 0.89], kind: 'binary' },
    { metric: 'costUsd', variant: 'control', n: 0, mean: null, interval: null, kind: 'money' },
    { metric: 'costUsd', variant: 'candidate', n: 0, mean: null, interval: null, kind: 'money' },
  ],
  comparisons: [
    {
      metric: 'correct',
      candidate: 'candidate',
      control: 'control',
      n: 50,
      estimate: 0.2,
      interval: [0.05, 0.34],
      pValue: 0.012,
      test: 'exact McNemar, paired Newcombe interval',
      improved: 12,
      regressed: 2,
      verdict: 'pass',
      scale: 'difference',
      confidence: 0.95,
    },
  ],
  criteria: [],
  failures: [],
  front: null,
  git: null,
  agentCalls: 100,
  costUsd: null,
  durationMs: 2_100,
  error: null,
  decisionId: 'dec_1',
  planHash: 'abc',
  createdAt: '2026-01-01T00:00:00.000Z',
};

const show = (more: Partial<RunResult> = {}, width = 120) =>
  renderResult({ ...result, ...more }, { width, colors: plain });

describe('the progress of a run', () => {
  it('fits terminals of 40 columns and more, and shows what matters most', () => {
    for (let width = 39; width <= 200; width += 1) {
      const text = progressBar(progress, width);
      expect([...text].length).toBeLessThanOrEqual(width);
      expect(text).toContain('312/1,000 · 22 failed');
    }
    expect(progressBar(progress, 100)).toMatch(/^█+░+ 312\/1,000 · 22 failed · ETA 15 s · 45\/s · \$0.12 · 7.0 s$/);
  });

  it('in a pipe is a line of words', () => {
    expect(progressLine(progress)).toBe(
      'run_1  running · 312 of 1,000 (31 %) · 22 failed · ETA 15 s · 45/s · $0.12 · 7.0 s',
    );
    expect(progressLine({ ...progress, status: 'paused' })).toContain('· paused');
  });

  it('in a pipe comes at the start, every 5 s, when the status changes and at the end, without escape codes', () => {
    let written = '';
    let at = 0;
    const output = { isTTY: false, write: (text: string) => (written += text) } as unknown as NodeJS.WriteStream;
    const view = createProgressView({ output, waitingFor: async () => '', now: () => at });
    for (let step = 0; step <= 48; step += 1) {
      at = 1_000_000 + step * 250;
      view.update({ ...progress, done: 312 + step });
    }
    view.update({ ...progress, status: 'paused', done: 361 });
    view.update({ ...progress, status: 'completed', done: 1_000, final: true });
    view.end();
    expect(written.trim().split('\n')).toHaveLength(5);
    expect(stripVTControlCharacters(written)).toBe(written);
  });

  it('that stands still says once what it waits for', async () => {
    let written = '';
    let at = 0;
    const output = { isTTY: false, write: (text: string) => (written += text) } as unknown as NodeJS.WriteStream;
    const view = createProgressView({
      output,
      waitingFor: async () => 'waiting for answers of control',
      now: () => at,
    });
    for (at = 1_000_000; at <= 1_030_000; at += 250) view.update(progress);
    await new Promise(setImmediate);
    expect(written.match(/no trial finished for .*: waiting for answers of control/g)).toHaveLength(1);
  });
});

describe('the result of a run', () => {
  it('shows score, interval and n per variant, the paired difference, its test, the changes and the verdict last', async () => {
    const text = await show();
    expect(text).toMatch(/correct +control +50 +60.0 % +\[46.0, 72.0\] %/);
    expect(text).toMatch(/correct +\+20.0 pp +\[\+5.0, \+34.0\] pp +0.012 +12 +2 +pass/);
    expect(text).toContain('correct: exact McNemar, paired Newcombe interval');
    expect(text).toContain('not measured: costUsd');
    expect(text).toMatch(/verdict PASS → roll forward\n {2}correct: candidate solves .*$/);
  });

  it('tells slices apart, and says what the run could show', async () => {
    const [all] = result.comparisons as [RunResult['comparisons'][number]];
    const text = await renderResult(
      {
        ...result,
        comparisons: [all, { ...all, n: 20, slice: { language: 'de' } }],
        detectableEffects: [
          { metric: 'correct', kind: 'binary', effect: 0.176, power: 0.8, alpha: 0.05, n: 50, basis: 'assuming so' },
        ],
      },
      { width: 160, colors: plain },
    );
    expect(text).toContain('correct (language = de)');
    expect(text).toContain('can show with probability 80 %: correct ±17.6 pp (assuming so)');
  });

  it('keeps its tables within the terminal, as lines where it is narrow', async () => {
    for (const width of [40, 60, 80, 100]) {
      const table = (await show({ reasons: [] }, width))
        .split('\n')
        .filter((line) => /^correct +(control|\+)/.test(line));
      expect(table.length).toBeGreaterThan(0);
      if (width >= 80) for (const line of table) expect(line.length).toBeLessThanOrEqual(width);
    }
    expect(await show({}, 50)).toContain('correct  +20.0 pp [+5.0, +34.0] pp  p 0.012  12 better, 2 worse  pass');
  });

  it('tells failures by cause in at most 8 lines, whatever their number', async () => {
    const failure: FailureGroup = {
      variant: 'candidate',
      errorClass: 'server_error',
      causedBy: 'agent',
      count: 5_000,
      of: 5_000,
      message: `answered 500: ${'stack trace\n'.repeat(200)}`,
      exampleId: 'q1',
    };
    const text = await show({ failures: [failure] });
    const lines = text.split('\n').filter((line) => /answered 500|server_error|stack/.test(line));
    expect(lines.length).toBeLessThanOrEqual(8);
    expect(text).toContain('5,000 of 5,000 trials of candidate: answered 500');
    expect(text.length).toBeLessThan(3_000);
  });

  it('shows answers without the escape codes they hold', async () => {
    const text = await renderResult(result, {
      width: 120,
      colors: plain,
      changes: [
        {
          metric: 'correct',
          candidate: 'candidate',
          change: 'regressed',
          total: 12,
          examples: [{ id: 'q1', input: 'Why?', control: 'yes', candidate: '\x1b[31mno\x07' }],
        },
      ],
    });
    expect(text).toContain(
      'worse in correct with candidate: 12 examples\n  q1  "Why?": yes → ?[31mno?\n  … and 11 more',
    );
  });
});

describe('the exit code of a finished run', () => {
  it.each([
    [{ verdict: 'pass' }, 0],
    [{ verdict: 'fail' }, 3],
    [{ verdict: 'inconclusive' }, 4],
    [{ status: 'failed', verdict: null }, 1],
    [{ status: 'aborted', verdict: null }, 1],
    [{ verdict: 'pass', counts: { planned: 9, succeeded: 0, failed: 9, missing: 0, notRun: 0 } }, 1],
  ] as [Partial<RunResult>, number][])('%j is %i', (more, code) => {
    expect(exitCode({ ...result, ...more })).toBe(code);
  });
});

describe('how variants came to their answers', () => {
  const steps = (variant: string, converged: number, efficiency: number) => ({
    metric: 'steps',
    variant,
    n: 40,
    mean: 4,
    interval: null,
    kind: 'count' as const,
    convergence: { converged, horizon: 6, optimum: 3.2, efficiency, kaplanMeier: { mean: 4, interval: null } },
  });

  it('stands under the tables, with the agreement of judges that the gate asked about', async () => {
    const text = await renderResult(
      {
        ...result,
        metrics: [steps('control', 40, 1), steps('candidate', 31, 0.74)],
        agreement: [
          {
            judge: 'helpful@3',
            label: 'helpful',
            basis: 'label',
            threshold: null,
            trials: 80,
            labels: 80,
            examples: 40,
            people: ['ann'],
            observed: 0.9,
            kappa: 0.714,
            interval: [0.447, 0.888],
            confidence: 0.95,
            categories: ['helpful', 'unhelpful'],
            counts: [
              [50, 10],
              [0, 20],
            ],
            alpha: null,
            alphaInterval: null,
            unusable: 0,
          },
        ],
      },
      { width: 200, colors: plain },
    );
    expect(text).toContain(
      'steps: control converged in 40 of 40 trials (1.00 of the optimum), candidate in 31 of 40 (0.74); optimum 3.2 steps; never converged counts as 6',
    );
    expect(text).toContain('helpful@3 agrees with people: kappa 0.71 [0.45, 0.89] over 80 labelled trials');
  });
});
