import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { SluiceError } from '../../schema/errors.ts';
import type { TaskAnswer, TaskInput, TaskName, TaskRequest, TaskResponse } from './tasks.ts';

/** Does long work for the API beside its event loop. */
export interface Analyst {
  /** @throws {SluiceError} what the task refuses */
  run<Name extends TaskName>(name: Name, input: TaskInput<Name>): Promise<TaskAnswer<Name>>;
  close(): Promise<void>;
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** One thread, started at the first task, and anew after one that ended. */
export function createAnalyst({ databaseUrl }: { databaseUrl: string }): Analyst {
  let thread: Worker | null = null;
  let count = 0;
  const waiting = new Map<number, Waiting>();

  function start(): Worker {
    // The sources are .ts, the compiled files .js.
    const started = new Worker(new URL(`./thread${extname(import.meta.url)}`, import.meta.url), {
      workerData: { databaseUrl },
    });
    started.on('message', (response: TaskResponse) => {
      const asker = waiting.get(response.number);
      waiting.delete(response.number);
      if (response.ok) asker?.resolve(response.answer);
      else asker?.reject(toError(response.error));
      if (waiting.size === 0) started.unref();
    });
    const ended = (error: Error) => {
      if (thread !== started) return;
      thread = null;
      for (const asker of waiting.values()) asker.reject(error);
      waiting.clear();
    };
    started.on('error', ended);
    started.on('exit', (code) => ended(new Error(`the analysis thread ended with code ${code}`)));
    return started;
  }

  return {
    run: (name, input) =>
      new Promise((resolve, reject) => {
        thread ??= start();
        count += 1;
        waiting.set(count, { resolve: resolve as Waiting['resolve'], reject });
        thread.ref();
        thread.postMessage({ number: count, name, input } satisfies TaskRequest);
      }),
    close: async () => {
      const open = thread;
      thread = null;
      for (const asker of waiting.values()) asker.reject(new Error('the API is closing'));
      waiting.clear();
      await open?.terminate();
    },
  };
}

/** The error that was thrown in the thread, as far as anybody looks at it. */
function toError({ sluice, message, code }: (TaskResponse & { ok: false })['error']): Error {
  if (sluice) return new SluiceError({ ...sluice, ...(sluice.fix ? { fix: sluice.fix } : {}) });
  return Object.assign(new Error(message), code === null ? {} : { code });
}
