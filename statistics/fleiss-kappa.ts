import { checkCount } from './check.ts';

/**
 * Fleiss' kappa (1971) from a table of units x categories, each row counting how many raters chose each category; every unit has the
 * same number of raters, at least 2. Null when chance alone would agree always (one category only) or there are no units.
 */
export function fleissKappa({ table }: { readonly table: readonly (readonly number[])[] }): number | null {
  const units = table.length;
  if (units === 0) return null;
  const raters = sum(table[0] as readonly number[]);
  if (raters < 2) throw new RangeError(`each unit needs at least 2 raters, found ${raters}`);
  const categories = (table[0] as readonly number[]).length;
  const totals = new Float64Array(categories);
  let agreement = 0;
  table.forEach((row, unit) => {
    if (sum(row) !== raters) throw new RangeError(`unit ${unit} has ${sum(row)} ratings, the first unit has ${raters}`);
    row.forEach((count, category) => {
      checkCount(`table[${unit}][${category}]`, count);
      totals[category] = (totals[category] as number) + count;
      agreement += count * (count - 1);
    });
  });
  const observed = agreement / (units * raters * (raters - 1));
  let chance = 0;
  for (const total of totals) chance += (total / (units * raters)) ** 2;
  const oneCategory = totals.some((total) => total === units * raters);
  return oneCategory ? null : (observed - chance) / (1 - chance);
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
