import type { Config } from '../config/read-config.ts';
import { findExecutable, isExecutable } from './find-executable.ts';
import type { Finding } from './finding.ts';
import { cachedTemporalPath, temporalVersion, whyUnusable } from './resolve-temporal.ts';
import { whyNoDownload } from './why-no-download.ts';

/** Every way to a Temporal server, in the order `resolveTemporal` tries them, and which one wins. Gets nothing. */
export async function surveyTemporal(config: Config): Promise<Finding[]> {
  if (config.temporalAddress) {
    return [
      {
        name: 'temporal',
        state: 'ok',
        found: `TEMPORAL_ADDRESS is set: ${config.temporalAddress} is used, none is started`,
      },
    ];
  }
  const cached = cachedTemporalPath(config.cacheDir);
  const inPath = findExecutable('temporal', config.searchPath);
  const go = findExecutable('go', config.searchPath);
  const noDownload = config.hasProxy ? undefined : await whyNoDownload();
  const ways: { way: string; usable: boolean; detail: string }[] = [
    await binaryWay('TEMPORAL_CLI_PATH', config.temporalCliPath, 'not set'),
    await binaryWay('PATH', inPath, 'no temporal in it'),
    { way: 'cache', usable: isExecutable(cached), detail: isExecutable(cached) ? cached : `no ${cached}` },
    {
      way: 'download',
      usable: noDownload === undefined,
      detail: noDownload ?? 'the SDK can download it (100 MB, once)',
    },
    {
      way: 'go install',
      usable: go !== undefined,
      detail: go ? `${go} can build version ${temporalVersion} (about 3 minutes, once)` : 'no go in PATH',
    },
  ];
  const winner = ways.find((way) => way.usable);
  return [
    winner
      ? { name: 'temporal', state: 'ok', found: `by ${winner.way}: ${winner.detail}` }
      : {
          name: 'temporal',
          state: 'missing',
          found: 'no way to a Temporal server',
          fix: 'install the Temporal CLI or Go 1.25 or later so that it is in PATH, or set TEMPORAL_CLI_PATH or TEMPORAL_ADDRESS',
        },
    ...ways.map(({ way, usable, detail }): Finding => {
      const role = way === winner?.way ? 'used' : usable ? 'possible' : 'skipped';
      return { name: `temporal by ${way}`, state: 'note', found: `${role}: ${detail}` };
    }),
  ];
}

async function binaryWay(way: string, path: string | undefined, absent: string) {
  if (path === undefined) return { way, usable: false, detail: absent };
  const problem = await whyUnusable(path);
  return { way, usable: problem === undefined, detail: problem ? `${path} ${problem}` : path };
}
