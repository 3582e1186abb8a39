import { type GatePolicy, sliceKeysOf } from '../../../schema/contracts/gate.ts';
import { suggest } from '../../../schema/contracts/parse-input.ts';
import { SluiceError } from '../../../schema/errors.ts';
import { listMetadataValues } from '../../../store/datasets/list-metadata-values.ts';
import type { Store } from '../../../store/open-database.ts';

/** More values than any slice worth a criterion has; a value beyond them is let through and judged by the evidence. */
const mostValues = 1_000;

/**
 * Refuses a policy that looks at metadata the dataset does not have, before anything is called.
 * @throws {SluiceError} not_found, naming the key or value and those that are there
 */
export async function checkSlices(
  db: Store,
  policy: GatePolicy | null,
  dataset: { name: string; version: number; versionId: string },
): Promise<void> {
  const where = `dataset ${dataset.name}@${dataset.version}`;
  for (const key of sliceKeysOf(policy)) {
    const values = await listMetadataValues(db, { versionId: dataset.versionId, key, limit: mostValues });
    if (values.length === 0) {
      throw new SluiceError({
        code: 'not_found',
        message: `gate: no example of ${where} has the metadata key "${key}"`,
        fix: 'Name a column of the data that became metadata, or push the data with it.',
      });
    }
    for (const [index, criterion] of (policy?.criteria ?? []).entries()) {
      const wanted = Object.hasOwn(criterion.slice ?? {}, key) ? String(criterion.slice?.[key]) : null;
      if (wanted === null || values.includes(wanted) || values.length === mostValues) continue;
      throw new SluiceError({
        code: 'not_found',
        message: `gate.criteria[${index}].slice: no example of ${where} has ${key} = ${wanted}${suggest(wanted, values)}`,
        fix: `Values of ${key}: ${values.slice(0, 20).join(', ')}${values.length > 20 ? ', …' : ''}.`,
      });
    }
  }
}
