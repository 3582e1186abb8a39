import type { ExperimentEvidence } from '../schema/contracts/evidence.ts';
import type { Criterion, GatePolicy, Trust } from '../schema/contracts/gate.ts';
import type { AgreementResult } from '../schema/contracts/result.ts';
import { defaultConfidence } from './describe-variant.ts';
import { formatConfidence, formatDecimal, plural } from './format-number.ts';
import { measureAgreement } from './measure-agreement.ts';

/** Labelled trials asked for where a policy does not say. */
const fewestLabels = 50;

/** Which judges of a policy may decide. */
export interface TrustCheck {
  /** Why the judge behind a criterion may not decide; null when it may, or when nothing is asked of it. */
  whyUntrusted(criterion: Criterion): string | null;
  /** What was measured of each judge that trust was asked of, by metric and confidence. */
  measured(): AgreementResult[];
}

/** Holds the judges in the evidence against what the policy asks of them. Each is measured once. */
export function checkTrust(policy: GatePolicy, evidence: ExperimentEvidence): TrustCheck {
  const made = new Map<string, AgreementResult>();
  const measure = (metric: string, trust: Trust): AgreementResult | null => {
    const pairs = Object.hasOwn(evidence.agreement ?? {}, metric) ? evidence.agreement?.[metric] : undefined;
    if (pairs === undefined) return null;
    const confidence = trust.confidence ?? defaultConfidence;
    const key = JSON.stringify([metric, confidence]);
    const result = made.get(key) ?? measureAgreement(pairs, confidence, { alphaInterval: false });
    made.set(key, result);
    return result;
  };
  return {
    whyUntrusted(criterion) {
      const asked = criterion.trust ?? policy.trust;
      if (asked === undefined) return null;
      const found = measure(criterion.metric, asked);
      // What the policy asks of all judges does not concern what is no judge.
      if (found === null)
        return criterion.trust === undefined ? null : 'nothing is known of how its judge agrees with people';
      return whyTooLittle(asked, found);
    },
    measured: () => [...made.values()],
  };
}

function whyTooLittle(trust: Trust, found: AgreementResult): string | null {
  const least = trust.minLabels ?? fewestLabels;
  const low = found.interval?.[0] ?? null;
  const enough = found.trials >= least;
  if (enough && low !== null && low >= trust.minKappa) return null;
  const labelled = `${plural(found.trials, 'labelled trial')} (${least} needed)`;
  const measured =
    found.kappa === null
      ? `its agreement with people is unknown: ${found.reason ?? 'kappa is undefined'}`
      : `its agreement with people is kappa ${formatDecimal(found.kappa, 2)} (${
          found.interval === null
            ? `no interval: ${found.reason ?? 'not computable'}`
            : `${formatConfidence(found.confidence)} interval ${formatDecimal(found.interval[0], 2)} to ${formatDecimal(found.interval[1], 2)}`
        })`;
  const needed = `the lower bound must be at least ${formatDecimal(trust.minKappa, 2)}`;
  const high = found.interval?.[1] ?? null;
  const advice =
    high !== null && high < trust.minKappa
      ? `people and ${found.judge} disagree: correct its prompt, or the instructions to people, and measure again`
      : `label more of its trials (sluice annotation export RUN --for ${found.judge.split('@')[0]})`;
  return `${found.judge} is not trusted: ${measured}, ${needed}, over ${labelled}; ${advice}`;
}
