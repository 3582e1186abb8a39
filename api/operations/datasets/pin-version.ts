import { parseDatasetReference } from '../../../schema/contracts/spec.ts';
import { SluiceError } from '../../../schema/errors.ts';
import { appendAuditEvent } from '../../../store/audit/append-audit-event.ts';
import { findDatasetVersion } from '../../../store/datasets/find-dataset-version.ts';
import { pinVersion as pinStoredVersion } from '../../../store/datasets/pin-version.ts';
import type { SignedContext } from '../../context.ts';

/** Puts a label on a version, and on record who moved it from where. */
export async function pinVersion({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { dataset: string; label: string };
}): Promise<{ name: string; label: string; version: number; before: number | null }> {
  const { projectId, actor } = ctx.principal;
  const { label } = input;
  const { split, ...named } = parseDatasetReference(input.dataset);
  if (split !== null) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `${input.dataset}: a pin stands on a version, and this names the split "${split}"`,
      fix: `Leave "#${split}" out; a split is named where the pin is used: ${named.name}@${label}#${split}.`,
    });
  }
  return ctx.db.transaction().execute(async (trx) => {
    const { name, version, versionId } = await findDatasetVersion(trx, { projectId, ...named });
    const { before } = await pinStoredVersion(trx, { versionId, label, movedBy: actor });
    if (before !== version) {
      const event = {
        projectId,
        actor,
        verb: 'dataset.pin',
        subject: `dataset:${name}`,
        detail: { label, before, version },
      };
      await appendAuditEvent(trx, event, ctx.auditKey);
    }
    return { name, label, version, before };
  });
}
