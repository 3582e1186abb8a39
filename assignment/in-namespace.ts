import { hashUnit } from './hash-unit.ts';

/** GrowthBook's namespaces: experiments whose stretches of one namespace do not overlap never share a unit. */
export function inNamespace(input: {
  readonly unit: string;
  readonly namespace: readonly [name: string, start: number, end: number];
}): boolean {
  const [name, start, end] = input.namespace;
  const n = hashUnit({ seed: `__${name}`, unit: input.unit, version: 1 }) as number;
  return n >= start && n < end;
}
