import { resolve } from 'node:path';
import type { Command } from 'commander';

/** Options that every command takes, at any place of the command line. */
export interface GlobalOptions {
  /** Absolute; undefined = what the environment says, else `.sluice`. */
  readonly dataDir: string | undefined;
  /** Machine-readable output on stdout; everything else goes to stderr. */
  readonly json: boolean;
}

/** The global options as the user gave them, from any command. */
export function globalOptions(command: Command): GlobalOptions {
  const { dataDir, json } = command.optsWithGlobals<{ dataDir?: string; json?: boolean }>();
  return { dataDir: dataDir === undefined ? undefined : resolve(dataDir), json: json ?? false };
}

/**
 * Moves `--json` and `--data-dir DIR` to the front, where the program itself reads them, so that a user may write
 * them anywhere. What follows `--` is left alone.
 */
export function hoistGlobalOptions(args: readonly string[]): string[] {
  const global: string[] = [];
  const rest: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] as string;
    if (arg === '--') {
      rest.push(...args.slice(index));
      break;
    }
    if (arg === '--json' || arg.startsWith('--data-dir=')) global.push(arg);
    else if (arg === '--data-dir') {
      global.push(arg);
      const value = args[index + 1];
      // Without a value the option stands last, and the program says that it lacks one.
      if (value === undefined || value.startsWith('--')) return [...rest, ...args.slice(index + 1), arg];
      global.push(value);
      index += 1;
    } else rest.push(arg);
  }
  return [...global, ...rest];
}
