import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from '../support/run-cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-simulate-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const policy = file('gate.yaml', 'criteria:\n  - { metric: correct, hypothesis: superior }\n');
const simulate = (...args: string[]) => runCli(['gate', 'simulate', ...args]);

describe('sluice gate simulate', () => {
  it('tells false alarms and power of a policy without any stack, and repeats itself by the seed it prints', async () => {
    const first = await simulate(
      policy,
      '--examples',
      '80',
      '--effect',
      'correct=0.15',
      '--runs',
      '60',
      '--seed',
      's1',
    );
    expect(first).toMatchObject({ exitCode: 0, stderr: '' });
    expect(first.stdout).toMatch(/nothing changes +\d+\.\d % +\d+\.\d % +\d+\.\d %/);
    expect(first.stdout).toMatch(/correct \+15\.0 pp/);
    expect(first.stdout).toContain('60 simulated runs each, 80 examples x 1, seed s1');
    const again = await simulate(
      policy,
      '--examples',
      '80',
      '--effect',
      'correct=0.15',
      '--runs',
      '60',
      '--seed',
      's1',
    );
    expect(again.stdout).toBe(first.stdout);
  });

  it('as JSON gives every scenario with its counts', async () => {
    const { stdout } = await simulate(policy, '--runs', '20', '--json');
    const answer = JSON.parse(stdout);
    expect(answer.scenarios.map(({ scenario }: { scenario: string }) => scenario)).toEqual([
      'no_change',
      'effect',
      'loss',
    ]);
    const { pass, fail, inconclusive } = answer.scenarios[0].verdicts;
    expect(pass + fail + inconclusive).toBe(20);
    expect(answer.seed).toMatch(/^[0-9a-f]{8}$/);
  });

  it('takes the gate and the evaluators of an experiment', async () => {
    const spec = file(
      'spec.yaml',
      'kind: experiment\nevaluators:\n  - { type: contains, name: polite, value: please }\ngate: { profile: improve }\n',
    );
    const { stdout } = await simulate(spec, '--runs', '10');
    expect(stdout).toContain('polite superior');
    expect(stdout).toContain('errorRate no regression');
  });

  it.each([
    ['a metric that the policy does not have', ['--effect', 'polite=0.1'], 'has no metric "polite"; it has: correct'],
    ['rates that cannot be', ['--base', 'correct=0.99', '--effect', 'correct=0.1'], 'pass rates must be in 0..1'],
    ['no number', ['--effect', 'correct=much'], 'expected METRIC=VALUE'],
  ])('refuses %s with exit code 2', async (_name, args, message) => {
    const { exitCode, stderr } = await simulate(policy, '--runs', '5', ...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });

  it('refuses a file without a policy written out', async () => {
    const spec = file('named.yaml', 'kind: experiment\ngate: release@2\n');
    const { exitCode, stderr } = await simulate(spec);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('found gate: "release@2" in it, expected a policy written out');
  });
});
