import { Command, CommanderError } from 'commander';
import { debugWanted } from '../config/debug-wanted.ts';
import { commandTable } from './command-table.ts';
import { hoistGlobalOptions } from './global-options.ts';

/**
 * The `sluice` command line. Loads only the command that was asked for.
 *
 * @param args as typed, without node and script
 */
export async function main(args: readonly string[]): Promise<void> {
  // `sluice … | head` ends when the reader has enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  const hoisted = hoistGlobalOptions(args);
  const program = createProgram();
  try {
    const wanted = commandName(hoisted);
    if (wanted === undefined) describeAll(program);
    else await register(program, wanted);
    await program.parseAsync(hoisted, { from: 'user' });
  } catch (error) {
    process.exitCode = await exitCode(error, hoisted);
  }
}

function createProgram(): Command {
  return new Command('sluice')
    .description('Durable experiments and gated rollouts for AI agents in production')
    .option('--data-dir <dir>', 'data of the local stack (default: .sluice, or SLUICE_DATA_DIR)')
    .option('--json', 'machine-readable output')
    .option('-v, --version', 'print the version', false)
    .helpCommand('help [command]', 'help for a command')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(--help tells what there is)')
    .exitOverride()
    .action(async (options: { version: boolean }, command: Command) => {
      if (!options.version) command.help();
      const { readVersion } = await import('./read-version.ts');
      console.log(readVersion());
    });
}

/** The first word that is no global option; for `help X` it is X. */
function commandName(args: readonly string[]): string | undefined {
  const words: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] as string;
    if (arg === '--data-dir') index += 1;
    else if (!arg.startsWith('-')) words.push(arg);
    else if (words.length === 0 && !arg.startsWith('--data-dir=') && arg !== '--json') return undefined;
  }
  return words[0] === 'help' ? words[1] : words[0];
}

async function register(program: Command, name: string): Promise<void> {
  const entry = Object.hasOwn(commandTable, name) ? commandTable[name] : undefined;
  if (!entry) {
    const { closest, distance } = await import('fastest-levenshtein');
    const nearest = closest(name, Object.keys(commandTable));
    const hint = distance(name, nearest) <= Math.max(2, name.length / 3) ? `did you mean \`${nearest}\`? ` : '';
    throw new CommanderError(
      2,
      'sluice.unknownCommand',
      `error: unknown command '${name}'\nfix: ${hint}\`sluice --help\` lists the commands`,
    );
  }
  const { register: registerCommand } = await entry.load();
  registerCommand(program);
  const command = program.commands.find((candidate) => candidate.name() === name);
  if (command && command.description() === '') command.description(entry.description);
}

function describeAll(program: Command): void {
  for (const [name, { description }] of Object.entries(commandTable)) program.command(name).description(description);
}

async function exitCode(error: unknown, args: readonly string[]): Promise<number> {
  if (error instanceof CommanderError) {
    if (error.code === 'sluice.unknownCommand') console.error(error.message);
    // Help and version were asked for; everything else commander throws is a wrong command line.
    return error.exitCode === 0 ? 0 : 2;
  }
  const { printError } = await import('./print-error.ts');
  return printError(error, { json: args.includes('--json'), debug: debugWanted() });
}
