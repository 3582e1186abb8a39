import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';

/** `run events ID`: what must not happen, as it was seen. */
export async function listEvents(id: string, global: GlobalOptions): Promise<void> {
  await withStack(global, async ({ sluice }) => {
    const events = await sluice.runs.events.query({ id });
    if (global.json) return console.log(JSON.stringify(events));
    if (events.length === 0) return console.log('no event of a metric with zero tolerance was seen');
    for (const { metric, unit, variant, seenAt, confirmedBy, refutedBy } of events) {
      const state = confirmedBy ? `confirmed by ${confirmedBy}` : refutedBy ? `refuted by ${refutedBy}` : 'open';
      console.log(`${seenAt}  ${metric}  ${variant}  ${unit}  ${state}`);
    }
  });
}

/** `run confirm ID --unit U --metric M`; with `--refute` it was none. */
export async function decideEvent(
  id: string,
  options: { unit: string; metric: string; refute?: boolean; reason: string },
  global: GlobalOptions,
): Promise<void> {
  const { unit, metric, refute = false, reason } = options;
  await withStack(global, async ({ sluice }) => {
    const answer = await sluice.runs.confirmEvent.mutate({ id, unit, metric, confirm: !refute, reason });
    if (global.json) return console.log(JSON.stringify(answer));
    const said = refute ? 'was none' : 'is confirmed, and counts';
    console.log(answer.changed ? `${metric} of ${unit} ${said}` : `unchanged: that was said of ${unit} already`);
  });
}
