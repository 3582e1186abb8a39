const numbers = new Intl.NumberFormat('en');

/** `1,319`. */
export function formatCount(count: number): string {
  return numbers.format(count);
}
