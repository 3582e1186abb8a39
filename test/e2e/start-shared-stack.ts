import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { endStack, newDataDir, startSupervisor } from '../support/running-stack.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Data directory of the stack that the files of this project share; for `openStack`. */
    sharedDataDir: string;
  }
}

/** One stack for all files whose subject is not how a stack lives and dies. Its functions are `sluice.config.ts` here. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = newDataDir();
  const functions = fileURLToPath(new URL('sluice.config.ts', import.meta.url));
  await startSupervisor(dataDir, { env: { SLUICE_CONFIG: functions } });
  project.provide('sharedDataDir', dataDir);
  return () => endStack(dataDir);
}
