import pc from 'picocolors';

export type Colors = ReturnType<typeof pc.createColors>;

/** Colours where the output is a terminal that has them; in a pipe none, ever. */
export function colorsFor(output: NodeJS.WriteStream): Colors {
  return pc.createColors(output.isTTY === true && pc.isColorSupported);
}
