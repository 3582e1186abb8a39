import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { z } from 'zod';
import { ConfigError } from './config-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Everything Sluice reads from the environment, checked once at the start of a process. */
export interface Config {
  /** Postgres to use (`DATABASE_URL`); undefined = `sluice up` starts the embedded one. */
  readonly databaseUrl: string | undefined;
  /** Temporal to use, `host:port` (`TEMPORAL_ADDRESS`); undefined = `sluice up` starts the embedded one. */
  readonly temporalAddress: string | undefined;
  /** Temporal binary to use for the embedded server (`TEMPORAL_CLI_PATH`). */
  readonly temporalCliPath: string | undefined;
  /** Where CLI and client find the API (`SLUICE_URL`); undefined = the connection file. */
  readonly sluiceUrl: string | undefined;
  /** `SLUICE_API_KEY`, `sl_…`. */
  readonly apiKey: string | undefined;
  /** Binaries shared by all stacks of this user, absolute (`SLUICE_CACHE_DIR`, default `~/.cache/sluice`). */
  readonly cacheDir: string;
  /** Data of one stack, absolute (`SLUICE_DATA_DIR`, default `.sluice` in the working directory). */
  readonly dataDir: string;
  /** Address the API listens on (`SLUICE_HOST`, default 127.0.0.1). */
  readonly host: string;
  /** Port the API listens on (`SLUICE_PORT`, default 4400; 0 = any free one). */
  readonly port: number;
  /** True in a child of `sluice up` (`SLUICE_LOCAL`). */
  readonly local: boolean;
  /** Agent URLs may name private addresses (`SLUICE_ALLOW_PRIVATE_HOSTS`, default false). */
  readonly allowPrivateHosts: boolean;
  /** Agent URLs may name this machine: in the embedded default, or where private hosts are allowed. */
  readonly allowLoopback: boolean;
  /** Key of the audit chain (`SLUICE_AUDIT_KEY`); undefined = the embedded default keeps its own. */
  readonly auditKey: string | undefined;
  /** Where the bytes of attachments are kept (`SLUICE_ATTACHMENTS_URL` and beside it); undefined = in Postgres. */
  readonly attachments: AttachmentsConfig | undefined;
  /** Largest attachment (`SLUICE_ATTACHMENTS_LIMIT_BYTES`); undefined = 25 MB. */
  readonly attachmentLimitBytes: number | undefined;
  /** Workers may start commands as agents (`SLUICE_ALLOW_EXEC`, default: in the embedded default only). */
  readonly allowExec: boolean;
  /** The operator's list of token prices, absolute (`SLUICE_PRICES`); undefined = the built-in one alone. */
  readonly pricesFile: string | undefined;
  /** Functions for specs, absolute (`SLUICE_CONFIG`, default `sluice.config.ts` in the working directory). */
  readonly functionsFile: string;
  /** Print stacks of unexpected errors (`SLUICE_DEBUG`). */
  readonly debug: boolean;
  /** Folders of `PATH`, in order. */
  readonly searchPath: readonly string[];
  /** True inside an npm script (`npm start`), whose shell npm may end without telling us. */
  readonly underNpm: boolean;
  /** True when a proxy is declared (`HTTPS_PROXY`, `ALL_PROXY`): a direct connection then says nothing about reach. */
  readonly hasProxy: boolean;
}

/** A bucket of S3, or of what speaks its protocol. */
export interface AttachmentsConfig {
  readonly bucket: string;
  /** Put before every key; '' or ends with '/'. */
  readonly prefix: string;
  /** `SLUICE_ATTACHMENTS_ENDPOINT`; null = AWS. */
  readonly endpoint: string | null;
  /** `SLUICE_ATTACHMENTS_REGION`, default us-east-1. */
  readonly region: string;
  /** `SLUICE_ATTACHMENTS_KEY_ID`. */
  readonly accessKeyId: string;
  /** `SLUICE_ATTACHMENTS_SECRET_KEY`. */
  readonly secretAccessKey: string;
}

const text = z.string().trim().min(1);
const flag = z
  .enum(['1', 'true', 'yes', '0', 'false', 'no'])
  .transform((value) => value === '1' || value === 'true' || value === 'yes');
const urlOf = (...protocols: string[]) =>
  text.refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol));

/** One entry per variable: how it is parsed, what a reader is told to write, and whether its value may be shown. */
const variables = {
  DATABASE_URL: {
    parse: urlOf('postgres:', 'postgresql:'),
    expected: 'postgres://user:password@host:port/database',
    secret: true,
  },
  TEMPORAL_ADDRESS: { parse: text.regex(/^[^\s/]+:\d{1,5}$/), expected: 'host:port, e.g. 127.0.0.1:7233' },
  TEMPORAL_CLI_PATH: { parse: text, expected: 'the path of a temporal binary' },
  SLUICE_URL: { parse: urlOf('http:', 'https:'), expected: 'a URL, e.g. http://127.0.0.1:4400' },
  SLUICE_API_KEY: { parse: text.regex(/^sl_\S+$/), expected: 'a key that begins with sl_', secret: true },
  SLUICE_CACHE_DIR: { parse: text, expected: 'a folder' },
  SLUICE_DATA_DIR: { parse: text, expected: 'a folder' },
  SLUICE_HOST: { parse: text.regex(/^[^\s/]+$/), expected: 'an address of this machine, e.g. 127.0.0.1 or 0.0.0.0' },
  SLUICE_PORT: {
    parse: text.regex(/^\d+$/).transform(Number).pipe(z.number().max(65_535)),
    expected: 'a port, 0 to 65535',
  },
  SLUICE_LOCAL: { parse: flag, expected: '1 or 0' },
  SLUICE_ALLOW_PRIVATE_HOSTS: { parse: flag, expected: '1 or 0' },
  SLUICE_AUDIT_KEY: { parse: text, expected: 'a long random text', secret: true },
  SLUICE_ATTACHMENTS_URL: {
    parse: text.regex(/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[^\s?#]*)?$/),
    expected: 's3://bucket or s3://bucket/prefix',
  },
  SLUICE_ATTACHMENTS_ENDPOINT: {
    parse: urlOf('http:', 'https:').refine((value) => new URL(value).username === ''),
    expected: 'a URL without user and password, e.g. https://minio.example.org',
    secret: true,
  },
  SLUICE_ATTACHMENTS_REGION: { parse: text.regex(/^[a-z0-9-]+$/), expected: 'a region, e.g. eu-central-1' },
  SLUICE_ATTACHMENTS_KEY_ID: { parse: text, expected: 'the id of an access key', secret: true },
  SLUICE_ATTACHMENTS_SECRET_KEY: { parse: text, expected: 'the secret of the access key', secret: true },
  SLUICE_ATTACHMENTS_LIMIT_BYTES: {
    parse: text.regex(/^[1-9]\d{0,8}$/).transform(Number),
    expected: 'a number of bytes, at most 999999999',
  },
  SLUICE_ALLOW_EXEC: { parse: flag, expected: '1 or 0' },
  SLUICE_PRICES: { parse: text, expected: 'the path of a list of token prices (YAML or JSON)' },
  SLUICE_CONFIG: { parse: text, expected: 'the path of sluice.config.ts' },
  SLUICE_DEBUG: { parse: flag, expected: '1 or 0' },
} as const;

type Name = keyof typeof variables;

/**
 * Reads and checks the environment. An empty variable counts as absent.
 *
 * @throws {ConfigError} naming the variable, what was found and what was expected
 */
export function readConfig(env: Environment = process.env): Config {
  const read = <K extends Name>(name: K): z.output<(typeof variables)[K]['parse']> | undefined => {
    const value = env[name];
    if (value === undefined || value.trim() === '') return undefined;
    const { parse, expected, ...rest } = variables[name];
    const result = parse.safeParse(value);
    if (result.success) return result.data as z.output<(typeof variables)[K]['parse']>;
    const found = 'secret' in rest ? 'a value of another form (not shown: it may hold a secret)' : `"${value}"`;
    throw new ConfigError(
      `environment variable ${name}: found ${found}, expected ${expected}`,
      `set ${name} to ${expected}, or unset it`,
    );
  };

  const attachmentsConfig = (): AttachmentsConfig | undefined => {
    const url = read('SLUICE_ATTACHMENTS_URL');
    if (url === undefined) return undefined;
    const [, bucket = '', path = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(url) ?? [];
    const needed = (name: 'SLUICE_ATTACHMENTS_KEY_ID' | 'SLUICE_ATTACHMENTS_SECRET_KEY'): string => {
      const value = read(name);
      if (value !== undefined) return value;
      throw new ConfigError(
        `environment variable ${name}: is missing, expected ${variables[name].expected}, since SLUICE_ATTACHMENTS_URL is set`,
        `set ${name}, or unset SLUICE_ATTACHMENTS_URL to keep attachments in Postgres`,
      );
    };
    return {
      bucket,
      prefix: path === '' ? '' : `${path.replace(/\/+$/, '')}/`,
      endpoint: read('SLUICE_ATTACHMENTS_ENDPOINT') ?? null,
      region: read('SLUICE_ATTACHMENTS_REGION') ?? 'us-east-1',
      accessKeyId: needed('SLUICE_ATTACHMENTS_KEY_ID'),
      secretAccessKey: needed('SLUICE_ATTACHMENTS_SECRET_KEY'),
    };
  };

  const local = read('SLUICE_LOCAL') ?? false;
  const allowPrivateHosts = read('SLUICE_ALLOW_PRIVATE_HOSTS') ?? false;
  const pricesFile = read('SLUICE_PRICES');
  return {
    databaseUrl: read('DATABASE_URL'),
    temporalAddress: read('TEMPORAL_ADDRESS'),
    temporalCliPath: read('TEMPORAL_CLI_PATH'),
    sluiceUrl: read('SLUICE_URL')?.replace(/\/+$/, ''),
    apiKey: read('SLUICE_API_KEY'),
    cacheDir: resolve(read('SLUICE_CACHE_DIR') ?? join(homedir(), '.cache', 'sluice')),
    dataDir: resolve(read('SLUICE_DATA_DIR') ?? '.sluice'),
    host: read('SLUICE_HOST') ?? '127.0.0.1',
    port: read('SLUICE_PORT') ?? 4400,
    local,
    allowPrivateHosts,
    allowLoopback: local || allowPrivateHosts,
    auditKey: read('SLUICE_AUDIT_KEY'),
    attachments: attachmentsConfig(),
    attachmentLimitBytes: read('SLUICE_ATTACHMENTS_LIMIT_BYTES'),
    allowExec: read('SLUICE_ALLOW_EXEC') ?? local,
    pricesFile: pricesFile === undefined ? undefined : resolve(pricesFile),
    functionsFile: resolve(read('SLUICE_CONFIG') ?? 'sluice.config.ts'),
    debug: read('SLUICE_DEBUG') ?? false,
    searchPath: (env.PATH ?? '').split(delimiter).filter((folder) => folder !== ''),
    underNpm: Boolean(env.npm_lifecycle_event),
    hasProxy: Boolean(env.HTTPS_PROXY || env.https_proxy || env.ALL_PROXY || env.all_proxy),
  };
}
