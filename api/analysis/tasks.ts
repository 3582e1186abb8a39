import type { ErrorCode, ErrorDetail } from '../../schema/errors.ts';
import { diffRuns } from './diff-runs.ts';
import { findChanges } from './find-changes.ts';
import { measureJudge } from './measure-judge.ts';
import { rejudgeRun } from './rejudge-run.ts';

/**
 * Work over all rows of a run: reading them and computing with them takes longer than the API may keep others
 * waiting, so it is done in a thread. Inputs and answers are plain data.
 */
export const tasks = { diffRuns, findChanges, measureJudge, rejudgeRun };

export type Tasks = typeof tasks;
export type TaskName = keyof Tasks;
export type TaskInput<Name extends TaskName> = Parameters<Tasks[Name]>[1];
export type TaskAnswer<Name extends TaskName> = Awaited<ReturnType<Tasks[Name]>>;

/** What goes into the thread, and what comes out of it. */
export interface TaskRequest {
  number: number;
  name: TaskName;
  input: unknown;
}
export type TaskResponse =
  | { number: number; ok: true; answer: unknown }
  | { number: number; ok: false; error: { sluice: SluiceErrorData | null; message: string; code: string | null } };

export interface SluiceErrorData {
  code: ErrorCode;
  message: string;
  fix?: string | undefined;
  details: ErrorDetail[];
}
