import { join } from 'node:path';
import { removeConnectionFile } from '../config/connection-file.ts';
import { SluiceError } from '../schema/errors.ts';
import { lockHolder } from './lock-file.ts';
import { runningPostmaster } from './postmaster.ts';
import { isAlive, signalProcess } from './process-identity.ts';
import type { Reporter } from './reporter.ts';
import { stopProcess, waitForEnd } from './stop-process.ts';
import { stopOrder, stopRules } from './stop-rules.ts';
import { lockFilePath, readSupervisorState, writeSupervisorState } from './supervisor-state.ts';

const patienceMs = 90_000;

/** Ends the stack of a data directory: its supervisor, or the orphans of one that was killed. Nothing else. */
export async function stopStack(dataDir: string, report: Reporter): Promise<'stopped' | 'nothing_runs'> {
  const supervisor = lockHolder(lockFilePath(dataDir));
  if (supervisor) {
    const step = report.step(`asking the supervisor (pid ${supervisor.pid}) to stop`);
    signalProcess(supervisor, 'SIGTERM');
    if (!(await waitForEnd(supervisor, patienceMs))) {
      step.fail();
      throw new SluiceError({
        code: 'unavailable',
        message: `the supervisor of ${dataDir} (pid ${supervisor.pid}) still runs ${patienceMs / 1000} s after it was asked to stop`,
        fix: `end it with \`kill -9 ${supervisor.pid}\` and run \`sluice down\` again: that ends what it leaves`,
      });
    }
    step.done(`the supervisor (pid ${supervisor.pid}) stopped`);
  }

  const state = readSupervisorState(dataDir);
  const orphans = (state?.children ?? []).filter(isAlive);
  for (const roles of stopOrder) {
    const ending = orphans.filter((orphan) => roles.includes(orphan.role));
    await Promise.all(
      ending.map(async (orphan) => {
        await stopProcess(orphan, stopRules[orphan.role]);
        report.line(`${orphan.name} (pid ${orphan.pid}) stopped`);
      }),
    );
  }
  const stray = runningPostmaster(join(dataDir, 'postgres'));
  if (stray) await stopProcess(stray, stopRules.postgres);
  removeConnectionFile(dataDir);
  if (state) writeSupervisorState(dataDir, { ...state, children: [] });
  return supervisor || orphans.length > 0 || stray ? 'stopped' : 'nothing_runs';
}
