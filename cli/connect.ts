import { relative } from 'node:path';
import type { AttachmentClient } from '../client/attachment-client.ts';
import type { ClientOptions, SluiceClient } from '../client/create-client.ts';
import { readConnectionFile } from '../config/connection-file.ts';
import { invocation } from '../config/invocation.ts';
import { type Config, readConfig } from '../config/read-config.ts';
import { SluiceError } from '../schema/errors.ts';
import type { GlobalOptions } from './global-options.ts';

/** A stack that commands talk to. */
export interface Stack {
  readonly sluice: SluiceClient;
  readonly url: string;
  /** Images and recordings; made at first use. */
  attachments(): Promise<AttachmentClient>;
  /** A command to copy: as this one was called, and for the same stack. `again('run watch run_1')` */
  again(words: string): string;
}

/**
 * Runs `use` with the stack the user means: `--data-dir`, else `SLUICE_URL` with `SLUICE_API_KEY`, else the default
 * data directory. What the client throws becomes the error meant for the user, here and nowhere else.
 *
 * @throws {SluiceError} unavailable when there is no stack, or nothing answers for 30 s
 */
export async function withStack<Result>(
  options: GlobalOptions,
  use: (stack: Stack) => Promise<Result>,
): Promise<Result> {
  // Loading the client takes longer than reading the files: both at once.
  const loading = import('../client/create-client.ts');
  loading.catch(() => {});
  const config = readConfig();
  const { url, apiKey } = findStack(config, options);
  const { createClient } = await loading;
  let told = false;
  const client: ClientOptions = {
    url,
    apiKey,
    onRetry: ({ reason, sinceMs }) => {
      if (told || sinceMs < 1_000) return;
      told = true;
      console.error(`waiting for ${url} (${reason}); giving up after 30 s`);
    },
  };
  const sluice = createClient(client);
  const attachments = async () => (await import('../client/attachment-client.ts')).createAttachmentClient(client);
  const place = dataDirArgument(config, options);
  const again = (words: string) => `${invocation(process.argv[1] ?? 'sluice')} ${words}${place}`;
  try {
    return await use({ sluice, url, attachments, again });
  } catch (error) {
    const { toSluiceError } = await import('../client/to-sluice-error.ts');
    throw toSluiceError(error, url);
  }
}

/** Address and key. An explicit `--data-dir` beats the environment; a key in the environment alone goes with any stack. */
export function findStack(
  config: Config,
  { dataDir }: Pick<GlobalOptions, 'dataDir'>,
): { url: string; apiKey: string } {
  if (config.sluiceUrl !== undefined && dataDir === undefined) {
    if (config.apiKey !== undefined) return { url: config.sluiceUrl, apiKey: config.apiKey };
    const local = readConnectionFile(config.dataDir);
    if (local?.url === config.sluiceUrl) return local;
    throw new SluiceError({
      code: 'unauthorized',
      message: `SLUICE_URL is ${config.sluiceUrl}, and there is no key for it: SLUICE_API_KEY is not set`,
      fix: 'Set SLUICE_API_KEY. An admin of that stack makes one: `sluice key create --person NAME --role engineer`.',
    });
  }
  const folder = dataDir ?? config.dataDir;
  const connection = readConnectionFile(folder);
  if (!connection) {
    throw new SluiceError({
      code: 'unavailable',
      message: `no Sluice stack at ${show(folder)}: there is no connection file in it`,
      fix: `Start one in another terminal: \`npm start\`${folder === config.dataDir ? '' : ` with \`-- --data-dir ${show(folder)}\``} (\`sluice up\`). For one that runs elsewhere set SLUICE_URL and SLUICE_API_KEY, or --data-dir.`,
    });
  }
  const ownKey = config.sluiceUrl === undefined ? config.apiKey : undefined;
  return { url: connection.url, apiKey: ownKey ?? connection.apiKey };
}

function dataDirArgument(config: Config, { dataDir }: GlobalOptions): string {
  if (dataDir === undefined || dataDir === config.dataDir) return '';
  const shown = show(dataDir);
  return ` --data-dir ${/^[\w./~:@%+-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", `'\\''`)}'`}`;
}

/** A folder as short as it can be said. */
function show(folder: string): string {
  const path = relative(process.cwd(), folder);
  return path.startsWith('..') ? folder : path || '.';
}
