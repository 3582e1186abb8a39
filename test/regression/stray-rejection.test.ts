import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

/** The worker ended, was started again, took the same trial, and ended again, for as long as the run was there. */
it('a promise that a user function forgot ends no worker; it is logged', () => {
  const module = new URL('../../worker/outlive-stray-rejections.ts', import.meta.url).href;
  const program = `
    import { outliveStrayRejections } from ${JSON.stringify(module)};
    outliveStrayRejections();
    Promise.reject(new Error('forgotten'));
    setImmediate(() => setImmediate(() => console.log('alive')));`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  expect(stderr).toContain('a promise that nobody waits for failed: Error: forgotten');
  expect(stdout).toBe('alive\n');
  expect(status).toBe(0);
});
