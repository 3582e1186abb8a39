import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writePrivateFile } from '../config/write-private-file.ts';

const childState = z.object({
  name: z.string(),
  role: z.enum(['postgres', 'temporal', 'api', 'worker']),
  pid: z.number().int().positive(),
  startedAt: z.string(),
  port: z.number().nullable(),
  fingerprint: z.string(),
});

const stateSchema = z.object({
  version: z.literal(1),
  apiKey: z.string(),
  postgresPassword: z.string(),
  postgresPort: z.number().nullable(),
  temporalPort: z.number().nullable(),
  url: z.string().nullable(),
  children: z.array(childState),
});

/** A child as the next supervisor needs to know it: to adopt it, or to end it and nothing else. */
export type ChildState = z.infer<typeof childState>;

/** What a stack keeps between two supervisors, in `<data-dir>/supervisor-state.json` (0600). */
export type SupervisorState = z.infer<typeof stateSchema>;

export const stateFilePath = (dataDir: string): string => join(dataDir, 'supervisor-state.json');
export const lockFilePath = (dataDir: string): string => join(dataDir, 'supervisor.lock');

/** The state left by an earlier supervisor; undefined when there is none or it cannot be understood. */
export function readSupervisorState(dataDir: string): SupervisorState | undefined {
  try {
    return stateSchema.parse(JSON.parse(readFileSync(stateFilePath(dataDir), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Replaces the state in one step. */
export function writeSupervisorState(dataDir: string, state: SupervisorState): void {
  writePrivateFile(stateFilePath(dataDir), state);
}
