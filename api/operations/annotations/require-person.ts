import { SluiceError } from '../../../schema/errors.ts';
import type { SignedContext } from '../../context.ts';

/** The person who asks. @throws {SluiceError} forbidden for services: what they say is no person's judgement */
export function requirePerson({ principal }: SignedContext): { id: string; name: string } {
  if (principal.personId !== null) {
    return { id: principal.personId, name: principal.actor.slice('person:'.length) };
  }
  throw new SluiceError({
    code: 'forbidden',
    message: `labels are given by persons; the key used belongs to ${principal.actor}`,
    fix: 'Use the key of the person who labelled: `sluice key create --person NAME --role annotator`.',
  });
}
