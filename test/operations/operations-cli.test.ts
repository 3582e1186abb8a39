import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../../schema/contracts/result.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { runCli } from '../support/run-cli.ts';
import { startStubAgent } from '../support/stub-agent.ts';
import { useTestStack } from '../support/test-stack.ts';

const stack = await useTestStack();
await pushDataset(stack.sluice, 'numbers', numberedRows(20));
const agent = await startStubAgent();
afterAll(() => agent.close());
const cwd = mkdtempSync(join(tmpdir(), 'sluice-cli-operations-'));
const env = { SLUICE_URL: stack.url, SLUICE_API_KEY: stack.keys.engineer };
const sluice = (...args: string[]) => runCli(args, { cwd, env });
const lastLine = <T = RunResult>(stdout: string) => JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as T;

function spec(name: string, candidate: string, more = ''): string {
  writeFileSync(
    join(cwd, `${name}.yaml`),
    `kind: experiment
name: ${name}
dataset: numbers
variants:
  control: { adapter: http, url: "${agent.url}/priced?usd=0.01" }
  candidate: { adapter: http, url: "${agent.url}${candidate}" }
retries: 0
concurrency: 2
${more}`,
  );
  return `${name}.yaml`;
}

describe('sluice run budget', () => {
  it('goes on with a run that its budget ended, and says who raised it', async () => {
    const file = spec('short', '/priced?usd=0.01', 'budget: { maxCostUsd: 0.1 }\n');
    const short = await sluice('run', 'start', file, '--watch', '--tag', 'nightly', '--tag', 'eu');
    expect(short.exitCode).toBe(4);
    const command = /`sluice (run budget run_\w+ --max-cost-usd) USD`/.exec(short.output)?.[1]?.split(' ') ?? [];
    const whole = await sluice(...command, '1', '--reason', 'worth it', '--watch');
    expect(whole.exitCode, whole.output).toBe(0);
    expect(whole.output).toMatch(/may cost \$1 now; \d+ trials are left/);
    expect(whole.output).toContain('40 of 40 trials succeeded');
    expect(whole.output).toMatch(/tags nightly, eu/);
    expect(whole.output).toMatch(/budget \$1, raised from \$0\.1 by person:engineer at 20/);
    const listed = await sluice('run', 'list', '--tag', 'eu');
    expect(listed.stdout).toContain('nightly, eu');
    expect((await sluice('run', 'list', '--tag', 'us')).stdout).toContain('no runs yet');
    const wrong = await sluice(...command, '0');
    expect(wrong.exitCode).toBe(2);
    expect(wrong.output).toContain('expected an amount in USD');
  });
});

describe('sluice run retry', () => {
  it('makes failed trials again, tells how many, and has nothing to do the second time', async () => {
    const failed = await sluice('run', 'start', spec('flaky', '/flaky?failures=1&code=500'), '--watch', '--json');
    const { id } = lastLine(failed.stdout);
    expect(failed.exitCode).toBe(3);
    const again = await sluice('run', 'retry', id, '--failed', '--watch');
    expect(again.output).toContain('goes on: 20 failed trials are made again');
    expect(again.output).toContain('made again after they failed: 20 trials of candidate');
    expect(again.exitCode).toBe(0);
    const nothing = await sluice('run', 'retry', id, '--failed');
    expect(nothing).toMatchObject({ exitCode: 0 });
    expect(nothing.stdout).toContain('nothing to retry');
    const json = await sluice('run', 'retry', id, '--json');
    expect(lastLine(json.stdout)).toMatchObject({ id, changed: false, trials: 0 });
  });
});

describe('sluice run rerun', () => {
  it('prints what is otherwise in the plan, and ends as the run does', async () => {
    const first = lastLine((await sluice('run', 'start', spec('again', '/run'), '--watch', '--json')).stdout);
    await pushDataset(stack.sluice, 'numbers', numberedRows(25));
    await stack.sluice.agents.push.mutate({ agent: 'bot', config: { adapter: 'http', url: `${agent.url}/run` } });
    const again = await sluice(
      ...['run', 'rerun', first.id, '--dataset', 'numbers@latest', '--variant', 'candidate=bot@1', '--watch'],
    );
    expect(again.exitCode, again.output).toBe(0);
    expect(again.output).toContain('dataset: numbers@1 → numbers@2');
    expect(again.output).toContain('variants.candidate: declared in the spec (http) → bot@1');
    expect(again.output).toContain(`rerun of ${first.id}`);
    expect(again.output).toContain('50 of 50 trials succeeded');
    const json = await sluice('run', 'rerun', first.id, '--json');
    expect(lastLine<{ rerunOf: string; changes: unknown[] }>(json.stdout)).toMatchObject({
      rerunOf: first.id,
      changes: [{ path: 'dataset', before: 'numbers@1', after: 'numbers@2' }],
    });
  });
});

it('run show --spec tells of the budget and the cache', async () => {
  const file = spec('told', '/run', 'budget: { maxCostUsd: 3 }\ncache: { maxAge: 36h }\n');
  const { id } = lastLine((await sluice('run', 'start', file, '--json')).stdout);
  const { stdout } = await sluice('run', 'show', id, '--spec');
  expect(stdout).toMatch(/budget:\s+maxCostUsd: 3/);
  expect(stdout).toMatch(/cache:\s+maxAge: 36h/);
});
