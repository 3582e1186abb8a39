import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { afterAll, describe, expect, it } from 'vitest';

// What a mutant does wrong is told by the test, not by the engine's log.
Runtime.install({ telemetryOptions: { logging: { filter: 'off', console: {} } } });
const root = fileURLToPath(new URL('../..', import.meta.url));
const histories = readdirSync(join(root, 'test', 'histories')).map((name) => ({
  workflowId: name.replace(/\.json$/, ''),
  history: JSON.parse(readFileSync(join(root, 'test', 'histories', name), 'utf8')),
}));

const bundleOf = (folder: string) =>
  bundleWorkflowCode({ workflowsPath: join(folder, 'index.ts'), logger: new DefaultLogger('ERROR', () => {}) });

/** Names of the histories that do not replay. */
async function broken(workflowBundle: WorkflowBundleWithSourceMap): Promise<string[]> {
  const names: string[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, histories)) {
    if (error) names.push(workflowId);
  }
  return names.sort();
}

it('every phase of a run that a released workflow wrote goes on under this one', async () => {
  expect(histories.length).toBeGreaterThanOrEqual(7);
  expect(await broken(await bundleOf(join(root, 'workflows')))).toEqual([]);
});

describe('a workflow that was changed as it must not be is found out', () => {
  mkdirSync(join(root, '.vitest'), { recursive: true });
  const drafts: string[] = [];
  afterAll(() => {
    for (const folder of drafts) rmSync(folder, { recursive: true, force: true });
  });

  /** The workflows with one piece of a file replaced. */
  const changed = (from: string, to: string, name = 'experiment.ts') => {
    const folder = mkdtempSync(join(root, '.vitest', 'mutant-'));
    drafts.push(folder);
    cpSync(join(root, 'workflows'), folder, { recursive: true });
    const file = join(folder, name);
    const source = readFileSync(file, 'utf8');
    expect(source).toContain(from);
    writeFileSync(file, source.replace(from, to));
    return bundleOf(folder);
  };

  it('judges before its shards have run', async () => {
    const mutant = await changed(
      'const waiting = [...plan.shards];',
      'await judge({ runId });\n  const waiting = [...plan.shards];',
    );
    expect(await broken(mutant)).toContain('experiment-completed');
  });

  it('runs one shard at a time', async () => {
    const mutant = await changed('plan.lanes.map(place)', 'plan.lanes.slice(0, 1).map(place)');
    expect(await broken(mutant)).toContain('experiment-completed');
  });

  it('does not look again after a pause', async () => {
    const mutant = await changed("if (intent === 'run') return true;", "if (intent !== 'abort') return true;");
    expect(await broken(mutant)).toContain('experiment-paused-and-resumed');
  });

  it('looks at a rollout once more after its end', async () => {
    const mutant = await changed('if (looked?.ended) return;', '', 'rollout.ts');
    expect(await broken(mutant)).toEqual(expect.arrayContaining(['rollout-promoted', 'rollout-rolled-back']));
  });

  it('does not wake for a command', async () => {
    const mutant = await changed('commands += 1;', '', 'rollout.ts');
    expect(await broken(mutant)).toContain('rollout-held');
  });

  it('begins the next history of a rollout at another look', async () => {
    const mutant = await changed('const looksPerHistory = 100;', 'const looksPerHistory = 90;', 'rollout.ts');
    expect(await broken(mutant)).toEqual(['rollout-continued-1']);
  });

  it('fails a rollout in another place', async () => {
    const mutant = await changed(
      'let commands = 0;',
      "let commands = 0;\n  await failRollout({ runId, message: '', fix: '' });",
      'rollout.ts',
    );
    expect(await broken(mutant)).toEqual(
      histories.flatMap((one) => (/^rollout-/.test(one.workflowId) ? one.workflowId : [])).sort(),
    );
  });
});
