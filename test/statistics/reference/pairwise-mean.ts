/**
 * The mean as numpy adds it up (eight running sums, halves beyond 128 values). The bias correction of BCa counts ties between resamples and
 * the estimate, and two sums of the same values tie or not by the order of their additions: the golden values come from
 * numpy, so the answer to them adds in numpy's order. The product compares within rounding instead.
 */
export function pairwiseMean(values: readonly number[]): number {
  return pairwiseSum(values, 0, values.length) / values.length;
}

function pairwiseSum(values: readonly number[], start: number, count: number): number {
  if (count < 8) {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += values[start + i] as number;
    return sum;
  }
  if (count <= 128) {
    const running = values.slice(start, start + 8);
    let i = 8;
    for (; i < count - (count % 8); i += 8) {
      for (let lane = 0; lane < 8; lane++)
        running[lane] = (running[lane] as number) + (values[start + i + lane] as number);
    }
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = running;
    let sum = a + b + (c + d) + (e + f + (g + h));
    for (; i < count; i++) sum += values[start + i] as number;
    return sum;
  }
  let half = Math.floor(count / 2);
  half -= half % 8;
  return pairwiseSum(values, start, half) + pairwiseSum(values, start + half, count - half);
}
