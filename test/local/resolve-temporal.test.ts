import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Reporter } from '../../local/reporter.ts';
import { cachedTemporalPath, type ResolveTemporalOptions, resolveTemporal } from '../../local/resolve-temporal.ts';
import { SluiceError } from '../../schema/errors.ts';
import { eventually } from '../support/eventually.ts';
import { watchProcess } from './support/stack-process.ts';

const fakeTemporal = '#!/bin/sh\necho "temporal version 9.9.9"\n';

/** A folder with executables of the given names and contents. */
function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-path-'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content, { mode: 0o755 });
  return folder;
}

/** Stands in for Go: notes that it was called, and "builds" after its gate file appeared. */
function fakeGo(gate = '/'): { folder: string; calls: () => string[] } {
  const log = join(mkdtempSync(join(tmpdir(), 'sluice-go-')), 'calls');
  writeFileSync(log, '');
  const script = `#!/bin/sh
echo "$@" >> "${log}"
while [ ! -e "${gate}" ]; do sleep 0.02; done
printf '%s' '${fakeTemporal}' > "$GOBIN/temporal" && chmod 755 "$GOBIN/temporal"
`;
  return {
    folder: folderWith({ go: script }),
    calls: () => readFileSync(log, 'utf8').trim().split('\n').filter(Boolean),
  };
}

function setUp(options: Partial<ResolveTemporalOptions> = {}) {
  const lines: string[] = [];
  const step = { update: () => {}, done: () => {}, fail: () => {} };
  const report: Reporter = {
    line: (text) => lines.push(text),
    step: (title) => {
      lines.push(title);
      return step;
    },
  };
  const cacheDir = mkdtempSync(join(tmpdir(), 'sluice-cache-'));
  const base = {
    cliPath: undefined,
    searchPath: [],
    cacheDir,
    hasProxy: false,
    downloadHost: 'sluice.invalid',
    report,
  };
  const resolve = () => resolveTemporal({ ...base, interrupted: new AbortController().signal, ...options });
  return { lines, cacheDir, resolve };
}

describe('a Temporal server is found', () => {
  it('where TEMPORAL_CLI_PATH says, and nowhere else when that is wrong', async () => {
    const folder = folderWith({ temporal: fakeTemporal, other: '#!/bin/sh\necho something else\n' });
    expect(await setUp({ cliPath: join(folder, 'temporal') }).resolve()).toMatchObject({ source: 'TEMPORAL_CLI_PATH' });
    const wrong = setUp({ cliPath: join(folder, 'other'), searchPath: [folder] }).resolve();
    await expect(wrong).rejects.toThrow(`TEMPORAL_CLI_PATH: ${join(folder, 'other')} is another program of that name`);
  });

  it('in PATH, but not in a program that only has the name', async () => {
    const folder = folderWith({ temporal: fakeTemporal });
    expect(await setUp({ searchPath: [folder] }).resolve()).toMatchObject({
      source: 'PATH',
      path: join(folder, 'temporal'),
    });
    const impostor = folderWith({ temporal: '#!/bin/sh\necho java time library\n' });
    const { lines, resolve } = setUp({ searchPath: [impostor] });
    await expect(resolve()).rejects.toThrow(SluiceError);
    expect(lines.join('\n')).toContain('is another program of that name');
  });

  it('in the cache of this user', async () => {
    const { cacheDir, resolve } = setUp();
    const cached = cachedTemporalPath(cacheDir);
    mkdirSync(join(cached, '..'), { recursive: true });
    writeFileSync(cached, fakeTemporal, { mode: 0o755 });
    expect(await resolve()).toEqual({ path: cached, source: 'cache' });
  });
});

describe('a Temporal server that is nowhere', () => {
  it('is built with go install into the cache, once, after each other way was skipped with its reason', async () => {
    const go = fakeGo();
    const { lines, cacheDir, resolve } = setUp({ searchPath: [go.folder] });
    expect(await resolve()).toEqual({ path: cachedTemporalPath(cacheDir), source: 'go install' });
    expect(await resolve()).toMatchObject({ source: 'cache' });
    expect(go.calls()).toEqual(['install github.com/temporalio/cli/cmd/temporal@v1.5.1']);
    for (const way of ['TEMPORAL_CLI_PATH', 'PATH', 'cache', 'download']) {
      expect(lines.join('\n')).toContain(`temporal: ${way} skipped:`);
    }
    expect(readdirSync(cacheDir).filter((name) => name.startsWith('build-'))).toEqual([]);
  });

  it('is not waited for: an unreachable download is given up within 2 s', async () => {
    const { resolve } = setUp();
    const startedAt = Date.now();
    await expect(resolve()).rejects.toMatchObject({
      message: expect.stringContaining('download: sluice.invalid cannot be reached'),
      fix: expect.stringContaining('TEMPORAL_CLI_PATH'),
    });
    expect(Date.now() - startedAt).toBeLessThan(2_000);
  });

  it('is reported with the last words of a build that fails', async () => {
    const folder = folderWith({ go: '#!/bin/sh\necho "go: disk quota exceeded" >&2\nexit 1\n' });
    await expect(setUp({ searchPath: [folder] }).resolve()).rejects.toThrow('go: disk quota exceeded');
  });

  it('is built once when two stacks start at once, and again when the first builder is killed', async () => {
    const cacheDir = mkdtempSync(join(tmpdir(), 'sluice-cache-'));
    const gate = join(cacheDir, 'gate');
    const go = fakeGo(gate);
    const script = fileURLToPath(new URL('./support/resolve-once.ts', import.meta.url));
    const start = () => watchProcess(process.execPath, [script, cacheDir, `${go.folder}:/usr/bin:/bin`]);

    const killed = start();
    await eventually(() => (go.calls().length === 1 ? true : undefined));
    const [second, third] = [start(), start()];
    await second.says(new RegExp(`waiting for pid ${killed.pid}`));
    await third.says(new RegExp(`waiting for pid ${killed.pid}`));
    killed.process.kill('SIGKILL');
    await eventually(() => (go.calls().length === 2 ? true : undefined));
    writeFileSync(gate, '');
    await Promise.all([second.says(/resolved \S+ by/), third.says(/resolved \S+ by/)]);
    expect(go.calls()).toHaveLength(2);
    const { stdout } = spawnSync(cachedTemporalPath(cacheDir), ['--version'], { encoding: 'utf8' });
    expect(stdout).toBe('temporal version 9.9.9\n');
  });
});
