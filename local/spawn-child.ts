import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { childEnvironment } from '../config/child-environment.ts';
import type { ChildSpec } from './child-spec.ts';
import { openLogFile } from './log-file.ts';

/**
 * Starts a child in a session of its own, its output going to its log file. So a terminal's Ctrl-C reaches the
 * supervisor alone, and a child outlives a killed supervisor without ever writing into a broken pipe.
 */
export function spawnChild(spec: ChildSpec, dataDir: string): ChildProcess {
  const log = openLogFile(dataDir, spec.name);
  try {
    return spawn(spec.command, [...spec.args], {
      cwd: spec.cwd,
      uid: spec.uid,
      gid: spec.gid,
      env: childEnvironment(spec.env),
      detached: true,
      stdio: ['ignore', log, log],
    });
  } finally {
    closeSync(log);
  }
}
