import { describe, expect, it } from 'vitest';
import { awaitingRun } from '../support/awaiting-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { runCli, startCli } from '../support/run-cli.ts';
import { useTestStack } from '../support/test-stack.ts';

const { keys, sluice, url } = await useTestStack();
await pushDataset(sluice, 'numbers', numberedRows(20));
const as = (role: keyof typeof keys) => ({ env: { SLUICE_URL: url, SLUICE_API_KEY: keys[role] } });

describe('sluice run approve', () => {
  it('shows the change and the evidence, and says what was signed', async () => {
    const run = await awaitingRun(sluice);
    const page = await runCli(['approval', 'get', run.id], as('approver'));
    expect(page.output).toContain('two-solvers pass, asks to roll forward');
    expect(page.output).toContain('candidate: parameters.right 5 → 10');
    expect(page.output).toContain('person:engineer started the run');
    expect(page.output).toContain(`run approve ${run.id} --evidence ${run.approval?.evidenceHash.slice(0, 12)}`);
    const listed = await runCli(['approval', 'list', '--mine'], as('approver'));
    expect(listed.output).toContain(run.id);
    const evidence = run.approval?.evidenceHash.slice(0, 12) ?? '';
    const stale = await runCli(['run', 'approve', run.id, '--evidence', 'abcdef123456'], as('approver'));
    expect(stale.exitCode).toBe(1);
    expect(stale.stderr).toContain('is not what you looked at: you sign abcdef123456');
    const done = await runCli(['run', 'approve', run.id, '--evidence', evidence, '--reason', 'fine'], as('approver'));
    expect(done.exitCode, done.output).toBe(0);
    expect(done.output).toMatch(/approved: two-solvers pass, asks to roll forward: .*\ndecided: roll forward \(dec_/);
    const shown = await runCli(['run', 'get', run.id], as('engineer'));
    expect(shown.output).toContain('approval approved by approver');
  });

  it('prints one line of JSON when asked, also of a rejection', async () => {
    const run = await awaitingRun(sluice);
    const unsaid = await runCli(['run', 'reject', run.id], as('approver'));
    expect(unsaid.exitCode).toBe(2);
    expect(unsaid.stderr).toContain('a reason is needed');
    const done = await runCli(['run', 'reject', run.id, '--reason', 'not now', '--json'], as('approver'));
    expect(JSON.parse(done.stdout)).toMatchObject({ id: run.id, changed: true, action: 'hold', verdict: 'pass' });
  });

  it('tells whoever may not sign why, and what to do', async () => {
    const run = await awaitingRun(sluice);
    const refused = await runCli(['run', 'approve', run.id], as('engineer'));
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain('that needs the role approver, and this key has engineer');
    expect(refused.stderr).toContain('fix: Ask an admin');
    await sluice.runs.abort.mutate({ id: run.id });
  });
});

it('gate check waits for no person: it exits 4 and says who is asked; watching goes on until they decided', async () => {
  const run = await awaitingRun(sluice);
  const checked = await runCli(['gate', 'check', run.id], as('engineer'));
  expect(checked.exitCode, checked.output).toBe(4);
  expect(checked.stdout).toContain('waits for 1 of 1 approvals since');
  expect(checked.stderr).toContain('not passed yet: persons are asked, and have not decided');
  const watching = startCli(['run', 'watch', run.id], as('engineer'));
  await watching.says(/the run waits for 1 of 1 approvals since/);
  await runCli(['run', 'approve', run.id], as('approver'));
  const watched = await watching.ended;
  expect(watched.exitCode, watched.output).toBe(0);
  expect(watched.output).toContain('PASS → roll forward');
  expect((await runCli(['gate', 'check', run.id], as('engineer'))).exitCode).toBe(0);
});

it('a run that was rejected is no pass for gate check', async () => {
  const run = await awaitingRun(sluice);
  await runCli(['run', 'reject', run.id, '--reason', 'no'], as('approver'));
  const checked = await runCli(['gate', 'check', run.id], as('engineer'));
  expect(checked.exitCode).toBe(4);
  expect(checked.stdout).toContain('Rejected by approver: no');
});

it('audit verify says that the log is whole and where it ends, and holds it against a noted end', async () => {
  const whole = await runCli(['audit', 'verify'], as('admin'));
  expect(whole.exitCode, whole.output).toBe(0);
  const [, anchor = ''] = /end: (\d+:[0-9a-f]{64})/.exec(whole.stdout) ?? [];
  expect((await runCli(['audit', 'verify', '--expect', anchor], as('admin'))).exitCode).toBe(0);
  const broken = await runCli(['audit', 'verify', '--expect', `1:${'0'.repeat(16)}`], as('admin'));
  expect(broken.exitCode).toBe(3);
  expect(broken.stdout).toContain('not as noted: event 1 was noted with hash 0000000000000000');
  expect((await runCli(['audit', 'verify', '--expect', 'x'], as('admin'))).exitCode).toBe(2);
  const listed = await runCli(['audit', 'list', '--limit', '2', '--json'], as('admin'));
  expect(JSON.parse(listed.stdout)).toHaveLength(2);
});
