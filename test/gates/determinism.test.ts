import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const script = fileURLToPath(new URL('./print-judgement.ts', import.meta.url));

function judgedIn(environment: Record<string, string>, ...flags: string[]): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, [...flags, script], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, NODE_NO_WARNINGS: '1', ...environment },
    maxBuffer: 64 * 1024 * 1024,
  });
  expect(status, stderr).toBe(0);
  return stdout;
}

it('the same evidence gives the same verdict byte for byte in a second process, whatever its time zone, language and optimiser', () => {
  const first = judgedIn({ TZ: 'UTC', LANG: 'C' });
  expect(first.length).toBeGreaterThan(10_000);
  expect(first).toContain('Holm');
  expect(judgedIn({ TZ: 'Pacific/Kiritimati', LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' })).toBe(first);
  expect(judgedIn({ TZ: 'UTC' }, '--no-opt', '--max-lazy')).toBe(first);
});
