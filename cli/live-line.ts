/** A line at the bottom of a terminal that is drawn again in place. In a pipe it writes nothing. */
export interface LiveLine {
  /** Whether there is a terminal to draw on. */
  readonly live: boolean;
  /** Columns that a line may fill; 80 in a pipe. */
  width(): number;
  /** Draws the text in place of what was there. */
  show(text: string): void;
  /** Prints a line above. */
  print(text: string): void;
  clear(): void;
}

export function createLiveLine(output: NodeJS.WriteStream): LiveLine {
  const live = output.isTTY === true;
  let shown = '';
  const clear = () => {
    if (shown !== '') output.write('\r\x1b[2K');
    shown = '';
  };
  return {
    live,
    width: () => (live ? Math.max(20, (output.columns || 80) - 1) : 80),
    show: (text) => {
      if (!live || text === shown) return;
      output.write(`\r\x1b[2K${text}`);
      shown = text;
    },
    print: (text) => {
      const below = shown;
      clear();
      output.write(`${text}\n`);
      if (below !== '') {
        output.write(below);
        shown = below;
      }
    },
    clear,
  };
}
