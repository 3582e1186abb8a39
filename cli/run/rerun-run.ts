import { randomUUID } from 'node:crypto';
import { typedIn } from '../../config/invocation.ts';
import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';
import { findGit } from '../spec/find-git.ts';
import { attendStarted } from './attend-started.ts';
import { planChanges } from './plan-changes.ts';

export interface RerunOptions {
  readonly dataset?: string;
  readonly variant?: Readonly<Record<string, string>>;
  readonly name?: string;
  readonly limit?: number;
  readonly idempotencyKey?: string;
  readonly watch?: boolean;
}

/** `run rerun ID`: a new run from the spec of an earlier one, with what changed. @returns the exit code */
export async function rerunRun(id: string, options: RerunOptions, global: GlobalOptions): Promise<number> {
  return withStack(global, async (stack) => {
    const { dataset, variant, name, limit } = options;
    const git = findGit(typedIn());
    const answer = await stack.sluice.runs.rerun.mutate({
      id,
      ...(dataset === undefined ? {} : { dataset }),
      ...(variant === undefined ? {} : { variants: { ...variant } }),
      ...(name === undefined ? {} : { name }),
      ...(limit === undefined ? {} : { limit }),
      ...(git === undefined ? {} : { git }),
      // A lost answer must not start a second run.
      idempotencyKey: options.idempotencyKey ?? randomUUID(),
    });
    const changes = planChanges(answer.before, answer.after);
    if (global.json && !options.watch) {
      const { before: _, after: __, ...rest } = answer;
      console.log(JSON.stringify({ ...rest, changes }));
    } else {
      const say = global.json ? console.error : console.log;
      say(`${answer.created ? 'started' : 'started earlier with this key:'} ${answer.id} from the spec of ${id}`);
      if (changes.length === 0) say('  the same plan: nothing has changed since');
      for (const { path, before, after } of changes) say(`  ${path}: ${before ?? '(none)'} → ${after ?? '(none)'}`);
    }
    return attendStarted(stack, answer.id, { watch: options.watch, json: global.json });
  });
}
