import type { Backtest } from '../../schema/contracts/backtest.ts';
import { colorsFor } from '../colors.ts';
import { withStack } from '../connect.ts';
import { formatCount } from '../format/format-count.ts';
import type { GlobalOptions } from '../global-options.ts';
import { printRows } from '../print-rows.ts';
import { paintVerdict } from '../run/render-verdict.ts';
import { readPolicy } from './read-policy.ts';

export interface BacktestOptions {
  readonly name?: string;
  readonly runs?: number;
}

/** `gate backtest FILE`: what the policy would have said of past runs. */
export async function backtestGate(file: string, options: BacktestOptions, global: GlobalOptions): Promise<void> {
  const policy = readPolicy(file);
  await withStack(global, async ({ sluice }) => {
    const answer = await sluice.gates.backtest.query({ policy, name: options.name, runs: options.runs });
    if (global.json) return console.log(JSON.stringify(answer));
    const colors = colorsFor(process.stdout);
    await printRows(answer.runs, global, {
      none: '',
      columns: {
        run: (run) => run.id,
        name: (run) => run.name,
        created: (run) => run.createdAt.slice(0, 16).replace('T', ' '),
        decided: (run) => run.decided?.verdict ?? '–',
        'by this policy': (run) => paintVerdict(run.verdict, run.verdict, colors),
        why: (run) => (run.decided?.verdict === run.verdict ? '' : (run.reasons[0] ?? '')),
      },
    });
    console.log(summary(answer));
  });
}

function summary({ runs, counts, changed }: Backtest): string {
  const each = Object.entries(counts).map(([verdict, count]) => `${formatCount(count)} ${verdict}`);
  const others = changed === 0 ? 'as they were decided' : `${formatCount(changed)} otherwise than decided`;
  return `${formatCount(runs.length)} ${runs.length === 1 ? 'run' : 'runs'}: ${each.join(', ')}; ${others}`;
}
