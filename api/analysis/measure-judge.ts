import { measureAgreement } from '../../gates/measure-agreement.ts';
import type { AgreementResult } from '../../schema/contracts/result.ts';
import { loadLabelPairs } from '../../store/annotations/load-label-pairs.ts';
import type { Store } from '../../store/open-database.ts';

/** How far one version of a judge agrees with people, over all they said in the project. */
export async function measureJudge(
  db: Store,
  input: {
    projectId: string;
    versionId: string;
    label: string | undefined;
    threshold: number | undefined;
    confidence: number;
  },
): Promise<AgreementResult> {
  return measureAgreement(await loadLabelPairs(db, input), input.confidence);
}
