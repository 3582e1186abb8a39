import type { AgreementResult } from '../../schema/contracts/result.ts';

/** `helpful@3 agrees with people: kappa 0.71 [0.45, 0.89] over 80 labelled trials`. */
export function agreementText({ judge, kappa, interval, trials }: AgreementResult): string {
  if (kappa === null) return `${judge}: its agreement with people is unknown (${trials} labelled trials)`;
  const range = interval === null ? '' : ` [${interval.map((end) => end.toFixed(2)).join(', ')}]`;
  return `${judge} agrees with people: kappa ${kappa.toFixed(2)}${range} over ${trials} labelled trials`;
}
