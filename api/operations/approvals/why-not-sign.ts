import type { ApprovalAction, Contributor } from '../../../schema/contracts/approval.ts';
import type { Role } from '../../../schema/contracts/words.ts';
import type { SluiceErrorOptions } from '../../../schema/errors.ts';
import type { StoredAnswer } from '../../../store/approvals/list-answers.ts';
import type { Principal } from '../../../store/keys/find-key.ts';

/** Who signs what. Rolling back is for whoever is on call; it is reviewed afterwards. */
const signers = {
  promote: ['approver', 'admin'],
  enter_stage: ['approver', 'admin'],
  roll_back: ['on_call', 'admin'],
} as const satisfies Record<ApprovalAction, readonly Role[]>;

/**
 * Why somebody may not answer a request, in words that say who, why and what to do; null when they may. A person counts
 * once whatever their keys, and neither who started the run nor who made what it measures says that it is good.
 */
export function whyNotSign(input: {
  principal: Principal;
  runId: string;
  requestId: string;
  action: ApprovalAction;
  requestedBy: string;
  contributors: readonly Contributor[];
  answers: readonly StoredAnswer[];
}): SluiceErrorOptions | null {
  const { principal, runId, action } = input;
  const { actor, role, personId } = principal;
  const needed: Role = signers[action][0];
  const cannot = `${actor} cannot answer for run ${runId}`;
  if (personId === null) {
    return {
      code: 'forbidden',
      message: `${cannot}: approvals are given by persons, and this key belongs to a service`,
      fix: `Use the key of a person: \`sluice key create --person NAME --role ${needed}\`.`,
    };
  }
  if (!signers[action].some((one) => one === role)) {
    return {
      code: 'forbidden',
      message: `${cannot}: that needs the role ${needed}, and this key has ${role}`,
      fix: `Ask an admin for a key with that role: \`sluice key create --person NAME --role ${needed}\`.`,
    };
  }
  const earlier = input.answers.find((answer) => answer.counts && answer.personId === personId);
  if (earlier) {
    const did = earlier.answer === 'approve' ? 'approved' : 'rejected';
    const key = earlier.keyId === principal.keyId ? '' : ' with another key';
    return {
      code: 'conflict',
      message: `${cannot}: ${nameOf(actor)} has already answered request ${input.requestId} (${did} at ${earlier.at.toISOString()}${key}), and a person counts once, whatever their keys`,
      fix: `An answer stays. \`sluice run get ${runId}\` shows who is still needed.`,
    };
  }
  if (action === 'roll_back') return null;
  if (input.requestedBy === actor) {
    return {
      code: 'forbidden',
      message: `${cannot}: ${nameOf(actor)} started it, and nobody approves their own change`,
      fix: `Ask another person with the role ${needed}. To take it back: \`sluice run abort ${runId}\`.`,
    };
  }
  const own = input.contributors.find((contributor) => contributor.actor === actor);
  if (own) {
    return {
      code: 'forbidden',
      message: `${cannot}: ${nameOf(actor)} ${own.did}, which the run rests on, and contributors do not approve`,
      fix: `Ask a person with the role ${needed} who made nothing of what the run compares.`,
    };
  }
  return null;
}

/** `person:ada` is ada. */
function nameOf(actor: string): string {
  return actor.slice(actor.indexOf(':') + 1);
}
