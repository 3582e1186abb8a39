import type { MetricEvidence } from '../schema/contracts/evidence.ts';
import type { Criterion } from '../schema/contracts/gate.ts';
import type { Comparison } from './compare-variants.ts';
import type { EvidenceReader } from './evidence-reader.ts';
import { plural } from './format-number.ts';
import { type Judged, missingClause } from './judge-criterion.ts';
import { type Confirmation, mustPassExamples } from './must-pass-examples.ts';

/**
 * Judges `mustPass`: fails on a confirmed broken example, is undecided on one that broke too few times to tell, on
 * missing values, and when control solves nothing that could be broken.
 */
export function judgeMustPass(
  reader: EvidenceReader,
  input: {
    criterion: Criterion;
    metric: MetricEvidence;
    comparison: Comparison;
    confirmations: readonly Confirmation[] | undefined;
  },
): Judged {
  const { criterion, metric, comparison, confirmations } = input;
  const { candidate, positions } = comparison.request;
  const cannotTell = (why: string): Judged => ({
    verdict: 'inconclusive',
    sentence: `cannot tell for ${candidate}: ${why}.`,
  });
  if (metric.kind !== 'binary' && metric.kind !== 'score') {
    return cannotTell(`mustPass needs a pass/fail metric or a score, and this one is a ${metric.kind}`);
  }
  const examples = mustPassExamples(reader.evidence, { metric, candidate, positions, confirmations });
  const notes = [
    ...(examples.flaky.length === 0
      ? []
      : [`${named(examples.flaky)} flaky: control solves under 90 % of the repetitions, so nothing is asked there`]),
    ...(examples.cleared.length === 0
      ? []
      : [`${candidate} failed ${listed(examples.cleared)} at first and solved it in most calls`]),
  ];
  const flaky = notes.length === 0 ? {} : { warning: notes.join('; ') };
  const total = examples.protected.length;
  if (examples.broken.length > 0) {
    const broken = `${candidate} breaks ${examples.broken.length} of the ${plural(total, 'example')} that control solves`;
    return {
      verdict: 'fail',
      sentence: `${broken} (${listedWithOwners(examples.broken, reader)}): a must-pass case is broken.`,
      ...flaky,
    };
  }
  if (examples.unconfirmed.length > 0) {
    const count = examples.unconfirmed.length;
    return {
      ...cannotTell(
        `${plural(count, 'golden case')} broke once and ${count === 1 ? 'is' : 'are'} not confirmed ` +
          `(${listed(examples.unconfirmed)}); re-runs did not tell`,
      ),
      ...flaky,
    };
  }
  const tolerated = criterion.maxMissing ?? 0;
  if (comparison.missing.control + comparison.missing.candidate > tolerated) {
    return { ...cannotTell(missingClause(comparison, tolerated)), ...flaky };
  }
  if (examples.unknown.length > tolerated) {
    return {
      ...cannotTell(`${plural(examples.unknown.length, 'example')} without a value (${listed(examples.unknown)})`),
      ...flaky,
    };
  }
  if (total === 0) {
    return {
      ...cannotTell(`control solves none of ${plural(positions.length, 'example')} in all repetitions`),
      ...flaky,
    };
  }
  return {
    verdict: 'pass',
    sentence: `${candidate} solves all ${plural(total, 'example')} that control solves.`,
    ...flaky,
  };
}

function named(ids: string[]): string {
  return `${plural(ids.length, 'example')} (${listed(ids)}) ${ids.length === 1 ? 'is' : 'are'}`;
}

/** The same with whom to ask about each, and why it must not break. */
function listedWithOwners(ids: string[], { evidence }: EvidenceReader): string {
  return listed(
    ids.map((id) => {
      const { owner = null, reason = null } = evidence.golden?.[id] ?? {};
      const why = reason === null || reason.length <= 100 ? reason : `${reason.slice(0, 99)}…`;
      return [id, owner === null ? null : `owned by ${owner}`, why].filter((part) => part !== null).join(' - ');
    }),
  );
}

/** The first ids, and how many more there are. */
function listed(ids: string[]): string {
  const shown = ids.slice(0, 5).join(', ');
  return ids.length > 5 ? `${shown} and ${ids.length - 5} more` : shown;
}
