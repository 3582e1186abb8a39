/** How far apart two values are: `nominal` same or not, `ordinal` by ranks, `interval` by difference, `ratio` by relative difference. */
export type MeasurementLevel = 'nominal' | 'ordinal' | 'interval' | 'ratio';

/**
 * Krippendorff's alpha (2011) of any number of raters with missing ratings: 1 - observed / expected disagreement over the values that can be
 * paired within a unit. `ratings[rater][unit]`, null = missing; units with fewer than two values are ignored. Null when nothing
 * can be paired or all pairable values are the same.
 */
export function krippendorffAlpha(input: {
  readonly ratings: readonly (readonly (number | null)[])[];
  readonly level: MeasurementLevel;
}): number | null {
  const { ratings, level } = input;
  const unitCount = ratings.reduce((most, row) => Math.max(most, row.length), 0);
  const units: number[][] = [];
  for (let unit = 0; unit < unitCount; unit++) {
    const values = ratings.map((row) => row[unit] ?? null).filter((value) => value !== null);
    if (values.length >= 2) units.push(values);
  }
  const domain = [...new Set(units.flat())].sort((a, b) => a - b);
  if (domain.length < 2) return null;
  const position = new Map(domain.map((value, i) => [value, i]));
  const size = domain.length;
  const coincidences = new Float64Array(size * size);
  for (const values of units) {
    const share = 1 / (values.length - 1);
    for (let i = 0; i < values.length; i++) {
      for (let j = 0; j < values.length; j++) {
        if (i === j) continue;
        const cell =
          (position.get(values[i] as number) as number) * size + (position.get(values[j] as number) as number);
        coincidences[cell] = (coincidences[cell] as number) + share;
      }
    }
  }
  const totals = new Float64Array(size);
  let total = 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) totals[i] = (totals[i] as number) + (coincidences[i * size + j] as number);
    total += totals[i] as number;
  }
  let observed = 0;
  let expected = 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      if (i === j) continue;
      const distance = squaredDistance({ level, domain, totals, i, j });
      observed += (coincidences[i * size + j] as number) * distance;
      expected += ((totals[i] as number) * (totals[j] as number) * distance) / (total - 1);
    }
  }
  return expected > 0 ? 1 - observed / expected : null;
}

function squaredDistance(input: {
  readonly level: MeasurementLevel;
  readonly domain: readonly number[];
  readonly totals: Float64Array;
  readonly i: number;
  readonly j: number;
}): number {
  const { level, domain, totals, i, j } = input;
  const one = domain[i] as number;
  const two = domain[j] as number;
  if (level === 'nominal') return 1;
  if (level === 'interval') return (one - two) ** 2;
  if (level === 'ratio') return one + two === 0 ? 0 : ((one - two) / (one + two)) ** 2;
  let between = 0;
  for (let k = Math.min(i, j); k <= Math.max(i, j); k++) between += totals[k] as number;
  return (between - ((totals[i] as number) + (totals[j] as number)) / 2) ** 2;
}
