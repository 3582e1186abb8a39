import { execFile } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { checkInvariants } from '../support/check-invariants.ts';
import { eventually } from '../support/eventually.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';
import { openStack, type RunningStack } from '../support/running-stack.ts';
import { type StubAgent, startStubAgent } from '../support/stub-agent.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-bad-input-'));
const examples = 50;
let stack: RunningStack;
let agent: StubAgent;
let specs = 0;

beforeAll(async () => {
  stack = openStack(inject('sharedDataDir'));
  agent = await startStubAgent();
  write(
    'good.csv',
    ['question,answer', ...rows((index) => `question ${index},question ${index % 5 ? index : 'none'}`)].join('\n'),
  );
});

beforeEach(() => agent.reset());

afterAll(async () => {
  await agent?.close();
  await stack?.close();
  rmSync(folder, { recursive: true, force: true });
});

/**
 * A message a person can act on: it says where, what was found and expected, what to do; at most eight lines, no
 * stack; and the exit code is that of its class, never 0.
 */
function expectRefusal(result: CliResult, exitCode: 1 | 2, ...says: (string | RegExp)[]): void {
  for (const words of says) expect(result.output).toMatch(words);
  expect(result.output).toMatch(/^fix: \S.{10}/m);
  expect(result.output).not.toMatch(/^\s+at |\bundefined\b|\[object/m);
  expect(result.output.trim().split('\n').length, result.output).toBeLessThanOrEqual(8);
  expect(result.exitCode, result.output).toBe(exitCode);
}

describe('a data file', () => {
  const jsonl = rows((index) => JSON.stringify({ id: `r${index}`, input: `q${index}`, expected: `q${index}` }));
  const csv = ['id,question,answer', ...rows((index) => `${index},q${index},a${index}`)];

  test.each([
    {
      title: 'with a malformed line is refused by line, column and what stands there',
      file: 'malformed.jsonl',
      lines: jsonl.with(19, '{"id": "r19", "input": "q'),
      says: ['malformed.jsonl line 20: not JSON', 'column 26', 'input'],
    },
    {
      title: 'with a row of too few cells is refused by line, found and expected',
      file: 'short.csv',
      lines: csv.with(20, '19'),
      map: 'input=question',
      says: ['short.csv line 21: found 1 cell, expected 3 \\(id, question, answer\\)'],
    },
    {
      title: 'with a quote that is never closed is refused where the quote is opened',
      file: 'open-quote.csv',
      lines: csv.with(20, '19,"q19,a19'),
      map: 'input=question',
      says: ['open-quote.csv line 21', 'never closed'],
    },
    {
      title: 'with an id used twice is refused with both lines',
      file: 'twice.jsonl',
      lines: jsonl.with(30, jsonl[7] as string),
      says: ['twice.jsonl line 31: the id "r7" is used twice, in line 8', 'its own id'],
    },
    {
      title: 'without the column that is mapped is refused with the nearest one',
      file: 'columns.csv',
      lines: csv,
      map: 'input=qestion',
      says: ['columns.csv line 1: there is no column "qestion"', 'did you mean "question"'],
    },
    {
      title: 'without any input column is refused with the columns it has',
      file: 'no-input.csv',
      lines: csv,
      says: ['no-input.csv line 1: there is no column "input"', 'found id, question, answer', '--map input=question'],
    },
  ])('$title', async ({ file, lines, map, says }) => {
    write(file, `${lines.join('\n')}\n`);
    const name = file.replace('.', '-');
    const pushed = await stack.cli(['dataset', 'push', name, join(folder, file), ...(map ? ['--map', map] : [])]);
    expectRefusal(pushed, 2, ...says.map((text) => new RegExp(text)));
    await expectNothingOf(name);
  });

  test('that is not there is refused with the place looked at', async () => {
    const pushed = await stack.cli(['dataset', 'push', 'absent', 'godo.csv'], { cwd: folder });
    expectRefusal(pushed, 2, 'godo.csv: there is no such file', join(folder, 'godo.csv'), 'good.csv');
  });

  test('with a line of 300 MB is refused by line and limit, without being read', async () => {
    const file = join(folder, 'long.jsonl');
    const handle = openSync(file, 'w');
    writeSync(handle, `${jsonl[0]}\n{"input":"`);
    const megabyte = Buffer.alloc(1_048_576, 'x');
    for (let written = 0; written < 300; written += 1) writeSync(handle, megabyte);
    writeSync(handle, '"}\n');
    closeSync(handle);
    const pushed = await stack.cli(['dataset', 'push', 'long', file], {
      env: { NODE_OPTIONS: '--max-old-space-size=64' },
    });
    rmSync(file);
    expectRefusal(pushed, 2, /long\.jsonl line 2: the line is longer than 8,388,608 bytes/, 'line of its own');
    await expectNothingOf('long');
  });
});

describe('a spec', () => {
  beforeAll(async () => {
    await stack.cli(['dataset', 'push', 'splitless', 'good.csv', '--map', 'input=question'], { cwd: folder });
  });

  test.each([
    {
      title: 'with a misspelt key is refused with the right one',
      change: { concurency: 4 },
      exitCode: 2,
      says: ['concurency: unknown key', 'did you mean "concurrency"'],
    },
    {
      title: 'with a misspelt key deep inside is refused by its path',
      change: { gate: { criteria: [{ metric: 'correct', hypotesis: 'superior' }] } },
      exitCode: 2,
      says: ['gate.criteria[0].hypotesis: unknown key', 'did you mean "hypothesis"'],
    },
    {
      title: 'of a dataset that is not there is refused with what to push',
      change: { dataset: 'nowhere' },
      exitCode: 2,
      says: ['there is no dataset "nowhere"', 'sluice dataset push nowhere FILE'],
    },
    {
      title: 'of a split that is not there is refused with what to do',
      change: { dataset: 'splitless#test' },
      exitCode: 2,
      says: ['splitless@1 has no split "test"', '--split test'],
    },
    {
      title: 'whose data file lacks the mapped column is refused in the words of the spec',
      change: { dataset: { file: 'good.csv', map: { input: 'question', expected: 'anser' } } },
      exitCode: 2,
      says: ['good.csv line 1: there is no column "anser"', 'did you mean "answer"', 'dataset: {'],
    },
    {
      title: 'that compares with `expected` over data without it is refused before anything is called',
      change: { dataset: { file: 'good.csv', map: { input: 'question' }, name: 'unexpected' } },
      exitCode: 2,
      says: ['exact_match "correct" compares with `expected`', 'none of the 50 examples', 'expected: COLUMN'],
    },
    {
      title: 'with a criterion on a metric nobody measures is refused with the nearest',
      change: { gate: { criteria: [{ metric: 'corect' }] } },
      exitCode: 2,
      says: ['gate.criteria[0].metric', '"corect"', 'did you mean "correct"'],
    },
    {
      title: 'with one variant is refused',
      change: { variants: { control: { adapter: 'http', url: 'http://127.0.0.1:9/' } } },
      exitCode: 2,
      says: ['variants', 'at least one candidate beside "control"'],
    },
    {
      title: 'with something that is designed and not built yet is refused by its name',
      change: { kind: 'monitor' },
      exitCode: 2,
      says: ['kind: a run of kind monitor is not built yet'],
    },
    {
      title: 'with an evaluator function that is not registered is refused before anything is called',
      change: { evaluators: [{ type: 'function', name: 'judged', function: 'throwng' }] },
      exitCode: 1,
      says: ['evaluator judged', 'function throwng is not registered: found throwing', 'sluice.config.ts'],
    },
  ] as const)('$title', async ({ change, exitCode, says }) => {
    const before = await count('select count(*)::int as count from trial');
    const result = await start(change, ['--watch']);
    // The refusal itself; a run that had begun has its head and status lines above it.
    const own = result.output.slice(result.output.indexOf('error:'));
    expectRefusal({ ...result, output: own }, exitCode, ...says.map((text) => new RegExp(literally(text))));
    expect(agent.calls()).toBe(0);
    expect(await count('select count(*)::int as count from trial')).toBe(before);
  });
});

describe('a command', () => {
  test('with a key nobody made is refused, and says how to get one', async () => {
    const result = await stack.cli(['run', 'list'], { env: { SLUICE_API_KEY: 'sl_wrong' } });
    expectRefusal(result, 1, 'no valid API key', 'SLUICE_API_KEY', 'sluice key create');
  });

  test('for a stack that does not run says where it looked and how to start it', async () => {
    const result = await runCli(['run', 'list', '--data-dir', join(folder, 'none')]);
    expectRefusal(result, 1, 'no Sluice stack at', join(folder, 'none'), 'npm start');
  });

  test.each([
    [['frobnicate'], /unknown command 'frobnicate'/],
    [['run', 'strat', 'x.yaml'], /strat[\s\S]*start/],
    [['run', 'start', 'x.yaml', '--wach'], /--wach[\s\S]*--watch/],
    [['run', 'get', 'run_nope'], /no run "run_nope"/],
    [['run', 'start', 'absent.yaml'], /absent\.yaml: there is no such file/],
  ])('%j is refused with exit code 2 in a few lines', async (args, says) => {
    const result = await stack.cli(args, { cwd: folder });
    expect(result.output).toMatch(says);
    expect(result.output.trim().split('\n').length).toBeLessThanOrEqual(4);
    expect(result.exitCode).toBe(2);
  });
});

describe('an agent', () => {
  test('that cannot be reached is told within 2 s, and not one trial is burnt', async () => {
    const spec = writeSpec({
      variants: { control: variant('/run'), candidate: { adapter: 'http', url: 'http://127.0.0.1:9/run' } },
    });
    const command = stack.startCli(['run', 'start', spec, '--watch']);
    expect(
      await command.says(/candidate: agent at http:\/\/127\.0\.0\.1:9\/run is unreachable: connection refused/),
    ).toBeLessThan(2_000);
    const result = await command.ended;
    expect(result.output).toMatch(/^fix: start the agent, or correct its url/m);
    expect(result.output).toMatch('100 not run');
    expect(result.exitCode).toBe(1);
    expect(await rowsOf(result)).toBe(0);
    expect(agent.calls()).toBe(0);
  });

  test.each([
    {
      title: 'that answers 500',
      broken: () => variant('/status?code=500'),
      retries: 0,
      says: [
        /50 of 50 trials of candidate: .*\/status.* answered 500 Internal Server Error/,
        /fix: .*log of the agent/,
      ],
    },
    {
      title: 'that answers a web page',
      broken: () => variant('/html'),
      says: [/50 of 50 trials of candidate: .*not JSON: found "<!DOCTYPE html>.*expected JSON/, /fix: .*outputPath/],
    },
    {
      title: 'that answers JSON of another shape',
      broken: () => variant('/wrong-shape'),
      says: [/50 of 50 trials of candidate: .*nothing at `output`: .*keys answer, confidence/, /fix: .*outputPath/],
    },
    {
      title: 'that never answers',
      broken: () => ({ ...variant('/hang'), timeoutMs: 300 }),
      says: [/50 of 50 trials of candidate: .*did not finish within 300 ms \(timeoutMs\)/, /fix: .*raise timeoutMs/],
    },
    {
      title: 'that answers a gigabyte',
      broken: () => variant('/endless'),
      says: [
        /50 of 50 trials of candidate: .*too much: found \d+ bytes or more, expected at most 10485760/,
        /fix: .*maxResponseBytes/,
      ],
    },
  ])('$title is one cause with a count and what to do, and never passes', async ({ broken, retries, says }) => {
    const change = {
      variants: { control: variant('/run'), candidate: broken() },
      ...(retries === undefined ? {} : { retries }),
    };
    const result = await start(change, ['--watch']);
    for (const words of says) expect(result.output).toMatch(words);
    const causes = result.output.split('\n').filter((line) => line.includes(agent.url));
    expect(causes.length).toBeLessThanOrEqual(8);
    expect(result.exitCode, result.output).toBe(3);
    expect(await rowsOf(result)).toBe(2 * examples);
    const [worker] = stack.connection().pids.worker;
    const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(worker)]);
    expect(Number(stdout)).toBeLessThan(1_000_000);
  });

  test('that fails as control leaves nothing to compare: exit 1, no verdict', async () => {
    const both = variant('/garbage');
    const result = await start({ variants: { control: both, candidate: both } }, ['--watch', '--json']);
    expect(result.output).toMatch(/control: 50 of 50 trials failed \(invalid_output\)/);
    expect(result.output).toMatch(/^fix: There is nothing to compare candidates with/m);
    expect(result.exitCode).toBe(1);
    expect(JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
      status: 'failed',
      verdict: null,
    });
  });
});

test('an evaluator that throws leaves scores missing, says what it said and on which example, and never passes', async () => {
  const result = await start({ evaluators: [{ type: 'function', name: 'judged', function: 'throwing' }] }, ['--watch']);
  expect(result.output).toMatch(/50 of 50 scores of candidate: no verdict on "question \d+": the rubric is empty/);
  expect(result.output).toMatch(/caused by the evaluator; e\.g\. example \S+/);
  expect(result.output).toMatch(/fix: correct the evaluator/);
  expect(result.output.split('\n').filter((line) => line.includes('rubric is empty')).length).toBeLessThanOrEqual(8);
  expect(result.output).toMatch(/INCONCLUSIVE/);
  expect(result.exitCode).toBe(4);
});

test('two runs started at once are both complete, with rows of their own', async () => {
  const spec = writeSpec({ variants: { control: variant('/run?ms=10'), candidate: variant('/run?ms=10') } });
  const results = await Promise.all([1, 2].map(() => stack.cli(['run', 'start', spec, '--watch', '--json'])));
  const runs = results.map(({ stdout }) => JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
  expect(runs[0].id).not.toBe(runs[1].id);
  for (const [index, run] of runs.entries()) {
    expect(run).toMatchObject({ status: 'completed', verdict: 'pass', counts: { planned: 100, succeeded: 100 } });
    expect(results[index]?.exitCode).toBe(0);
    expect(await checkInvariants(stack, run.id, { faults: 0 })).toMatchObject({ rows: 100, agentCalls: 100 });
  }
  expect([agent.calls(), agent.repeated()]).toEqual([200, 0]);
});

test('Ctrl-C prints the exact command that goes on, and that command ends with every trial called once', async () => {
  const slow = variant('/run?ms=50');
  const spec = writeSpec({ variants: { control: slow, candidate: slow }, concurrency: 2 });
  const command = stack.startCli(['run', 'start', spec, '--watch']);
  await eventually(() => (agent.calls() > 5 ? true : undefined));
  command.process.kill('SIGINT');
  const interrupted = await command.ended;
  expect(interrupted.exitCode).toBe(130);
  const again = /watch it again: (.+)$/m.exec(interrupted.output)?.[1] ?? '';
  expect(again).toContain('run watch run_');
  expect(agent.calls()).toBeLessThan(2 * examples);

  const { stdout } = await promisify(execFile)('sh', ['-c', `${again} --json`]);
  expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
    status: 'completed',
    verdict: 'pass',
    counts: { planned: 100, succeeded: 100 },
    agentCalls: 100,
  });
  expect([agent.calls(), agent.repeated()]).toEqual([100, 0]);
});

function rows(line: (index: number) => string): string[] {
  return Array.from({ length: examples }, (_, index) => line(index));
}

function write(name: string, content: string): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

function variant(path: string) {
  return { adapter: 'http', url: `${agent.url}${path}` };
}

function writeSpec(change: object): string {
  specs += 1;
  const spec = {
    kind: 'experiment',
    name: `bad-input-${specs}`,
    dataset: { file: 'good.csv', map: { input: 'question', expected: 'answer' } },
    variants: { control: variant('/run'), candidate: variant('/run') },
    evaluators: [{ type: 'exact_match', name: 'correct' }],
    concurrency: 16,
    ...change,
  };
  return write(`spec-${specs}.json`, JSON.stringify(spec));
}

function start(change: object, options: string[]): Promise<CliResult> {
  return stack.cli(['run', 'start', writeSpec(change), ...options]);
}

async function count(query: string, values: unknown[] = []): Promise<number> {
  return (await stack.pool.query(query, values)).rows[0].count;
}

function rowsOf({ output }: CliResult): Promise<number> {
  return count('select count(*)::int as count from trial where run_id = $1', [/run_\w+/.exec(output)?.[0]]);
}

async function expectNothingOf(dataset: string): Promise<void> {
  expect(await count('select count(*)::int as count from dataset where name = $1', [dataset])).toBe(0);
  expect(await count('select count(*)::int as count from dataset_push where dataset_name = $1', [dataset])).toBe(0);
}

function literally(text: string): string {
  return text.replaceAll(/[[\](){}.*+?^$|\\]/g, '\\$&');
}
