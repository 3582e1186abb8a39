import type { ApprovalPage } from '../../schema/contracts/approval-page.ts';
import type { Colors } from '../colors.ts';
import { configChanges } from '../report/config-changes.ts';
import { approvalText } from '../run/approval-text.ts';

/** The change, the evidence and who is asked, as an approver reads it before signing. */
export function renderApproval(page: ApprovalPage, colors: Colors): string {
  const { approval } = page;
  const control = page.variants.find(({ name }) => name === 'control');
  const changes = page.variants
    .filter((variant) => variant !== control)
    .flatMap((candidate) =>
      (control ? configChanges(control, candidate) : []).map(
        ({ path, before, after }) => `  ${candidate.name}: ${path} ${before ?? '(none)'} → ${after ?? '(none)'}`,
      ),
    );
  const criteria = page.criteria.map(({ verdict, sentence }) => `  ${verdict}  ${sentence}`);
  const makers = [
    `  ${page.requestedBy} started the run`,
    ...page.contributors.map(({ actor, did }) => `  ${actor} ${did}`),
  ];
  const blocks = [
    colors.bold(page.sentence),
    ...section('change', changes, colors),
    ...section('criteria', criteria, colors),
    ...section(
      'warnings',
      page.warnings.map((one) => `  ${one}`),
      colors,
    ),
    ...section('made by', [...new Set(makers)], colors),
    `${colors.dim('request')}   ${approval.requestId}, ${approvalText(approval)}`,
    `${colors.dim('evidence')}  ${approval.evidenceHash}`,
    page.changed === null ? '' : colors.yellow(`changed since: ${page.changed}`),
  ];
  return blocks.filter((block) => block !== '').join('\n');
}

function section(title: string, lines: readonly string[], colors: Colors): string[] {
  return lines.length === 0 ? [] : [colors.dim(title), ...lines];
}
