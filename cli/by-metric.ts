import { InvalidArgumentError } from 'commander';

/** Values by metric, as `--effect correct=0.05` gives them. */
export type ByMetric = Readonly<Record<string, number>>;

/** Parses an option `METRIC=VALUE` that may be given several times. */
export function byMetric(text: string, earlier: ByMetric = {}): ByMetric {
  const at = text.lastIndexOf('=');
  const value = Number(text.slice(at + 1));
  if (at > 0 && at < text.length - 1 && Number.isFinite(value)) return { ...earlier, [text.slice(0, at)]: value };
  throw new InvalidArgumentError(`found "${text}", expected METRIC=VALUE, e.g. correct=0.05`);
}
