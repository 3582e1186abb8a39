import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { commandTable } from '../../cli/command-table.ts';

const launcher = fileURLToPath(new URL('../../bin/sluice.js', import.meta.url));

function sluice(args: string[], env: Record<string, string> = {}) {
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-cli-'));
  return spawnSync(process.execPath, [launcher, ...args], { encoding: 'utf8', cwd, env: { ...process.env, ...env } });
}

describe('the command line', () => {
  it('lists every command with one line, without colour in a pipe', () => {
    const { status, stdout } = sluice(['--help']);
    expect(status).toBe(0);
    for (const name of Object.keys(commandTable)) expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    expect(stdout).not.toContain('\x1b[');
  });

  it('suggests the nearest name for an unknown command and an unknown option, and exits 2', () => {
    const command = sluice(['doctr']);
    expect(command.status).toBe(2);
    expect(command.stderr).toContain('did you mean `doctor`?');
    const option = sluice(['up', '--prot', '1']);
    expect(option.status).toBe(2);
    expect(option.stderr).toContain('Did you mean --port?');
  });

  it('takes --data-dir and --json at any place', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-data-'));
    for (const args of [
      ['--data-dir', folder, '--json', 'down'],
      ['down', '--json', `--data-dir=${folder}`],
      ['--json', 'down', '--data-dir', folder],
    ]) {
      const { status, stdout } = sluice(args);
      expect(JSON.parse(stdout)).toEqual({ dataDir: folder, outcome: 'nothing_runs' });
      expect(status).toBe(0);
    }
  });

  it('names the option that lacks its value', () => {
    const { status, stderr } = sluice(['down', '--data-dir']);
    expect(status).toBe(2);
    expect(stderr).toContain("option '--data-dir <dir>' argument missing");
  });

  it('refuses a wrong number and a wrong variable with what it found and expected, for people and for programs', () => {
    const port = sluice(['up', '--port', 'abc']);
    expect(port.status).toBe(2);
    expect(port.stderr).toContain('found "abc", expected a whole number from 0 to 65535');
    const variable = sluice(['doctor', '--json'], { SLUICE_PORT: 'abc' });
    expect(variable.status).toBe(2);
    expect(variable.stderr).toContain('error: environment variable SLUICE_PORT: found "abc"');
    expect(JSON.parse(variable.stdout)).toMatchObject({ error: { code: 'invalid_input' } });
  });
});

describe('sluice doctor', () => {
  it('says what is there, each way to a Temporal server, and whether Sluice can run', () => {
    const { status, stdout } = sluice(['doctor', '--json'], { TEMPORAL_ADDRESS: '', DATABASE_URL: '' });
    const { ableToRun, findings } = JSON.parse(stdout) as {
      ableToRun: boolean;
      findings: { name: string; state: string }[];
    };
    const names = findings.map((finding) => finding.name);
    expect(names).toEqual(expect.arrayContaining(['node', 'postgres', 'data directory', 'disk', 'temporal', 'stack']));
    for (const way of ['TEMPORAL_CLI_PATH', 'PATH', 'cache', 'download', 'go install']) {
      expect(names).toContain(`temporal by ${way}`);
    }
    expect(ableToRun).toBe(findings.every((finding) => finding.state !== 'missing'));
    expect(status).toBe(ableToRun ? 0 : 1);
  });
});
