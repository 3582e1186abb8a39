import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { runCli } from '../support/run-cli.ts';
import { useTestStack } from '../support/test-stack.ts';

const cwd = mkdtempSync(join(tmpdir(), 'sluice-init-'));
const made = await runCli(['init', 'project', '--ci', 'github'], { cwd });
const project = join(cwd, 'project');
const stack = await useTestStack({ functionsFile: join(project, 'sluice.config.ts') });
const env = { SLUICE_URL: stack.url, SLUICE_API_KEY: stack.keys.engineer };

describe('sluice init', () => {
  it('makes a project that runs as it is and ends in a verdict', async () => {
    expect(made.exitCode, made.output).toBe(0);
    expect(made.stdout).toMatch(/next, in project\n.* up\n.* run start experiment\.yaml --watch/);
    const run = await runCli(['run', 'start', 'experiment.yaml', '--watch'], { cwd: project, env });
    expect(run.output).toMatch(/verdict PASS → roll forward/);
    expect(run.output).toContain('48 of 48 trials succeeded');
    expect(run.output).toMatch(/known_team +control +24 +1 /);
    expect(run.exitCode).toBe(0);
  });

  it('writes a workflow that GitHub can read', () => {
    const workflow = parse(readFileSync(join(project, '.github/workflows/sluice.yml'), 'utf8'));
    const { steps } = workflow.jobs.experiment;
    expect(steps.at(-1).env.SLUICE_API_KEY).toContain('secrets.SLUICE_API_KEY');
    expect(steps.at(-1).run).toContain('sluice run start experiment.yaml --watch');
  });

  it('changes nothing that exists, says what it is, and writes nothing beside it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-init-'));
    writeFileSync(join(folder, 'README.md'), 'mine');
    const refused = await runCli(['init'], { cwd: folder });
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('holds README.md already; nothing was written');
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toBe('mine');
    expect(existsSync(join(folder, 'experiment.yaml'))).toBe(false);
    const json = await runCli(['init', 'sub', '--json'], { cwd: folder });
    expect(JSON.parse(json.stdout)).toMatchObject({
      folder: join(folder, 'sub'),
      files: ['sluice.config.ts', 'experiment.yaml', 'questions.csv', 'README.md'],
      next: [expect.stringContaining(' up'), expect.stringContaining('run start experiment.yaml --watch')],
    });
  });
});
