import { randomUUID } from 'node:crypto';
import type { ScoringProgress } from '../../schema/contracts/scoring.ts';
import { type Stack, withStack } from '../connect.ts';
import { formatCount } from '../format/format-count.ts';
import { formatMoney } from '../format/format-metric.ts';
import type { GlobalOptions } from '../global-options.ts';
import { exitCodes } from './exit-code.ts';
import { readEvaluators } from './read-evaluators.ts';
import { watchScoring } from './watch-scoring.ts';

export interface ScoreOptions {
  /** Files, or names of stored evaluators. */
  readonly evaluator: string[];
  readonly watch?: boolean;
  readonly idempotencyKey?: string;
}

/**
 * `run score ID --evaluator FILE|name[@version]`: scores the answers of a run that has ended. With `--watch` the run's
 * result follows, the new metrics in it. @returns the exit code: the verdict is the old one, so it is not by verdict
 */
export async function scoreRun(id: string, options: ScoreOptions, global: GlobalOptions): Promise<number> {
  const evaluators = options.evaluator.flatMap(readEvaluators);
  return withStack(global, async (stack) => {
    const started = await stack.sluice.runs.score.mutate({
      id,
      evaluators,
      // The request may be sent again when an answer is lost: with a key of its own it is one scoring all the same.
      idempotencyKey: options.idempotencyKey ?? randomUUID(),
    });
    const notes = global.json ? process.stderr : process.stdout;
    const names = started.evaluators.map(({ name, version }) => `${name}@${version}`).join(', ');
    notes.write(
      started.created
        ? `${started.scoringId} scores the answers of ${id} by ${names}; no agent is called\n`
        : `${names}: scored before; nothing new was started\n`,
    );
    if (!options.watch) {
      if (global.json) console.log(JSON.stringify(started));
      else if (started.created) notes.write(`see it: ${stack.again(`run get ${id}`)}\n`);
      return exitCodes.done;
    }
    const ended = started.scoringId === null ? null : await watchScoring(stack, started.scoringId, notes);
    return finish(stack, id, ended, { json: global.json, notes });
  });
}

async function finish(
  stack: Stack,
  id: string,
  ended: ScoringProgress | null,
  { json, notes }: { json: boolean; notes: NodeJS.WriteStream },
): Promise<number> {
  if (ended?.error) {
    console.error(`error: ${ended.id}: ${ended.error.message}`);
    if (ended.error.fix) console.error(`fix: ${ended.error.fix}`);
    return exitCodes.error;
  }
  if (ended) {
    const cost = ended.costUsd === null ? '' : `, ${formatMoney(ended.costUsd)}`;
    const errors = ended.errors === 0 ? '' : `, ${formatCount(ended.errors)} of them errors (missing, not zero)`;
    notes.write(`${formatCount(ended.scored)} scores${errors}${cost}\n`);
  }
  const { printResult } = await import('./print-result.ts');
  await printResult(stack, await stack.sluice.runs.get.query({ id }), { json });
  return exitCodes.done;
}
