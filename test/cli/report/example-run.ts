import { type ReportOptions, renderMarkdown } from '../../../cli/report/render-markdown.ts';
import type { Plan } from '../../../schema/contracts/plan.ts';
import type { RunResult } from '../../../schema/contracts/result.ts';

/** A plan of control and two candidates over a dataset with a split. */
export const plan: Plan = {
  kind: 'experiment',
  dataset: { name: 'support', version: 7, versionId: 'dsv_1', split: 'test' },
  criterionSplits: [],
  variants: [
    {
      name: 'control',
      agent: { name: 'bot', version: 3 },
      config: { adapter: 'http', url: 'http://127.0.0.1:9001/run?key=hidden', headers: { 'x-key': 'hidden' } },
    },
    {
      name: 'short',
      agent: { name: 'bot', version: 4 },
      config: {
        adapter: 'http',
        url: 'http://127.0.0.1:9002/run?key=hidden2',
        headers: { 'x-key': 'hidden2' },
        timeoutMs: 10_000,
      },
    },
    { name: 'same', agent: null, config: { adapter: 'function', function: 'bot', parameters: { temperature: 0 } } },
  ],
  repetitions: 1,
  concurrency: 8,
  retries: 2,
  evaluators: [],
  gate: { name: null, version: null, policy: null },
  budget: null,
  limit: null,
};

/** A finished run of that plan, with everything a report can show. */
export const result: RunResult = {
  id: 'run_1kq3x9v0a7h2m4n8p6r0t',
  kind: 'experiment',
  name: 'shorter-prompt',
  status: 'completed',
  verdict: 'fail',
  action: 'roll_back',
  verdicts: { short: 'fail', same: 'fail' },
  reasons: ['correct: short solves 15.0 points less than control (65.0 % against 80.0 %): a regression.'],
  warnings: ['tokens: 3 of 40 examples have no value for control or short and are left out.'],
  counts: { planned: 120, succeeded: 117, failed: 3, missing: 0, notRun: 0 },
  metrics: [
    { metric: 'correct', variant: 'control', n: 40, mean: 0.8, interval: [0.652, 0.895], kind: 'binary' },
    { metric: 'correct', variant: 'short', n: 40, mean: 0.65, interval: [0.495, 0.779], kind: 'binary' },
    { metric: 'correct', variant: 'same', n: 40, mean: 0.8, interval: [0.652, 0.895], kind: 'binary' },
    ...['control', 'short', 'same'].map((variant) => ({
      metric: 'latencyMs',
      variant,
      n: 40,
      mean: 812,
      interval: [790, 1_834] as [number, number],
      kind: 'duration' as const,
      p50: 800,
      p95: 1_200,
    })),
    { metric: 'costUsd', variant: 'control', n: 0, mean: null, interval: null, kind: 'money' },
  ],
  comparisons: [
    {
      metric: 'correct',
      candidate: 'short',
      control: 'control',
      n: 40,
      estimate: -0.15,
      interval: [-0.284, -0.021],
      pValue: 0.0312,
      test: 'exact McNemar, paired Newcombe interval',
      improved: 0,
      regressed: 6,
      verdict: 'fail',
      scale: 'difference',
      confidence: 0.95,
    },
    {
      metric: 'latencyMs',
      candidate: 'short',
      control: 'control',
      n: 40,
      estimate: -12,
      interval: null,
      pValue: null,
      test: 'difference of p95, paired bootstrap interval',
      improved: 20,
      regressed: 20,
      verdict: 'inconclusive',
      scale: 'difference',
      confidence: 0.9,
      quantile: 0.95,
      reason: 'too few | tails',
    },
    {
      metric: 'correct',
      candidate: 'short',
      control: 'control',
      n: 12,
      estimate: -0.25,
      interval: [-0.5, 0.1],
      pValue: 0.00001,
      test: 'sign-flip permutation, interval by inversion',
      improved: 1,
      regressed: 4,
      flaky: 2,
      verdict: 'inconclusive',
      scale: 'difference',
      confidence: 0.95,
      slice: { language: 'de | at' },
    },
  ],
  criteria: [],
  failures: [
    {
      variant: 'short',
      errorClass: 'server_error',
      causedBy: 'agent',
      count: 3,
      of: 40,
      message: 'agent at http://127.0.0.1:9002/run answered 500',
      exampleId: 'q9',
    },
  ],
  confirmations: [{ candidate: 'short', metric: 'correct', exampleId: 'q|9', calls: 5, failed: 4 }],
  detectableEffects: [
    {
      metric: 'correct',
      kind: 'binary',
      effect: 0.162,
      power: 0.8,
      alpha: 0.05,
      n: 40,
      basis: 'assuming that 20 % of answers differ',
    },
  ],
  front: {
    quality: 'correct',
    dimensions: ['quality', 'latencyMs'],
    variants: [
      { variant: 'control', quality: 0.8, costUsd: null, latencyMs: 800, onFront: true, dominatedBy: [] },
      { variant: 'short', quality: 0.65, costUsd: null, latencyMs: 800, onFront: false, dominatedBy: ['control'] },
      { variant: 'same', quality: 0.8, costUsd: null, latencyMs: 800, onFront: true, dominatedBy: [] },
    ],
  },
  agentCalls: 123,
  costUsd: 1.234,
  durationMs: 65_000,
  error: null,
  decisionId: 'dec_1',
  planHash: 'abc',
  git: {
    sha: '0123456789abcdef0123456789abcdef01234567',
    branch: 'shorter_prompt',
    actor: 'ada',
    url: 'https://github.example.com/acme/bot/actions/runs/77',
    pullRequestUrl: 'https://github.example.com/acme/bot/pull/12',
  },
  createdAt: '2026-01-01T00:00:00.000Z',
};

const options: ReportOptions = {
  plan,
  regressions: [
    {
      metric: 'correct',
      candidate: 'short',
      total: 6,
      examples: [
        {
          id: 'q9',
          input: 'Where is my order?',
          expected: 'shipping',
          control: { output: 'shipping', error: null, score: 1 },
          candidate: { output: null, error: 'agent at http://127.0.0.1:9002/run answered 500', score: null },
        },
        {
          id: 'q17',
          input: { question: 'Where is my order?', turns: 2 },
          expected: undefined,
          control: { output: 'shipping', error: null, score: 1 },
          candidate: { output: 'line one\nline two', error: null, score: 0.25 },
        },
      ],
    },
  ],
};

/** Renders it with some of it changed. */
export function report(changes: Partial<RunResult> = {}, otherwise: Partial<ReportOptions> = {}): string {
  return renderMarkdown({ ...result, ...changes }, { ...options, ...otherwise });
}
