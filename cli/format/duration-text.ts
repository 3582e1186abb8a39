const units = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 };

/** A duration in ms as a spec writes it, to the millisecond: `30m`, `36h`, `1500ms`. */
export function durationText(ms: number): string {
  const whole = Object.entries(units).find(([, size]) => ms > 0 && ms % size === 0);
  return whole ? `${ms / whole[1]}${whole[0]}` : `${ms}ms`;
}
