import type { Approval, Contributor } from './approval.ts';
import type { PlannedVariant } from './plan.ts';
import type { ComparisonResult, CriterionResult, RunCounts } from './result.ts';
import type { RunStatus, Verdict } from './words.ts';

/** Everything an approver looks at before signing: from the frozen evidence, not from rows that may move on. */
export interface ApprovalPage {
  runId: string;
  name: string;
  status: RunStatus;
  sentence: string;
  verdict: Verdict | null;
  reasons: string[];
  warnings: string[];
  counts: RunCounts | null;
  criteria: CriterionResult[];
  comparisons: ComparisonResult[];
  /** What is compared, as it ran: the change is the difference between control and a candidate. */
  variants: PlannedVariant[];
  requestedBy: string;
  contributors: Contributor[];
  approval: Approval;
  /** What has changed since, so that an approval would be refused; null when nothing has. */
  changed: string | null;
  /** Whether who asks may answer, and why not. */
  mine: boolean;
  why: string | null;
}
