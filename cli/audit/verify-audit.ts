import { colorsFor } from '../colors.ts';
import { withStack } from '../connect.ts';
import { formatCount } from '../format/format-count.ts';
import type { GlobalOptions } from '../global-options.ts';
import { exitCodes } from '../run/exit-code.ts';

/** `audit verify`. @returns 0 when the log is whole, 3 when it is broken */
export async function verifyAudit(options: { expect?: string }, global: GlobalOptions): Promise<number> {
  return withStack(global, async ({ sluice }) => {
    const report = await sluice.audit.verify.query({ expect: options.expect });
    const code = report.ok ? exitCodes.done : exitCodes.fail;
    if (global.json) {
      console.log(JSON.stringify(report));
      return code;
    }
    const colors = colorsFor(process.stdout);
    const { ok, events, problems, problemCount, warnings, end } = report;
    console.log(
      ok
        ? `${colors.green('whole')}: ${formatCount(events)} events, each fits the one before`
        : `${colors.red('broken')}: ${formatCount(problemCount)} found in ${formatCount(events)} events`,
    );
    for (const { number, at, kind, message } of problems) {
      console.log(`  ${number}  ${at ?? ''}  ${kind.replaceAll('_', ' ')}: ${message}`);
    }
    if (problemCount > problems.length) console.log(`  … and ${formatCount(problemCount - problems.length)} more`);
    for (const warning of warnings) console.log(`${colors.yellow('warning')} ${warning}`);
    // Noted where nobody who may change the database can change it, it shows later that nothing was taken back.
    if (ok && end) console.log(`end: ${end.number}:${end.hash}  (note it elsewhere; later: audit verify --expect)`);
    return code;
  });
}
