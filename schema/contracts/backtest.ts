import type { Action, Verdict } from './words.ts';

/** What a policy would have said of a past run. */
export interface BacktestRun {
  id: string;
  name: string;
  createdAt: string;
  /** What was decided then. */
  decided: { verdict: Verdict; action: Action } | null;
  verdict: Verdict;
  action: Action;
  verdicts: Record<string, Verdict>;
  reasons: string[];
}

/** `gates.backtest`: newest run first. */
export interface Backtest {
  runs: BacktestRun[];
  counts: Record<Verdict, number>;
  /** Runs whose verdict would have been another one. */
  changed: number;
}
