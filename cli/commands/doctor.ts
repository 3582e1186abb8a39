import type { Command } from 'commander';
import pc from 'picocolors';
import type { Finding } from '../../local/finding.ts';
import { globalOptions } from '../global-options.ts';
import { readVersion } from '../read-version.ts';

/** `sluice doctor`: what is there, what is missing, how to get it. Exit code 1 when Sluice cannot run here. */
export function register(program: Command): void {
  program.command('doctor').action(async (_options: object, command: Command) => {
    const { dataDir, json } = globalOptions(command);
    const findings = await examine(dataDir);
    const ableToRun = findings.every((finding) => finding.state !== 'missing');
    if (json) console.log(JSON.stringify({ version: readVersion(), ableToRun, findings }));
    else print(findings, ableToRun);
    process.exitCode = ableToRun ? 0 : 1;
  });
}

async function examine(given: string | undefined): Promise<Finding[]> {
  const { readConfig } = await import('../../config/read-config.ts');
  const { readConnectionFile } = await import('../../config/connection-file.ts');
  const { surveyMachine } = await import('../../local/survey-machine.ts');
  const { surveyTemporal } = await import('../../local/survey-temporal.ts');
  const { surveyStack } = await import('../../local/survey-stack.ts');
  const config = readConfig();
  const dataDir = given ?? config.dataDir;
  const connection = readConnectionFile(dataDir);
  const ownPort = connection && Number(new URL(connection.url).port);
  return [
    ...(await surveyMachine({ config, dataDir, ownPort })),
    ...(await surveyTemporal(config)),
    ...(await surveyStack(dataDir)),
  ];
}

function print(findings: readonly Finding[], ableToRun: boolean): void {
  const colors = pc.createColors(process.stdout.isTTY === true && pc.isColorSupported);
  const marks = { ok: colors.green('ok     '), note: colors.dim('note   '), missing: colors.red('MISSING') };
  const width = Math.max(...findings.map((finding) => finding.name.length));
  console.log(`sluice ${readVersion()}`);
  for (const { name, state, found, fix } of findings) {
    console.log(`${marks[state]}  ${name.padEnd(width)}  ${found}`);
    if (fix) console.log(`${' '.repeat(11 + width)}${colors.cyan('fix:')} ${fix}`);
  }
  console.log(ableToRun ? 'able to run: `sluice up`' : 'not able to run yet: see MISSING above');
}
