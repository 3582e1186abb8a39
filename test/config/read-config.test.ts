import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../config/config-error.ts';
import { readConfig } from '../../config/read-config.ts';

const errorOf = (env: Record<string, string>): ConfigError => {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('expected a ConfigError');
};

describe('the environment', () => {
  it('needs to hold nothing: every setting has a default', () => {
    expect(readConfig({})).toMatchObject({
      databaseUrl: undefined,
      temporalAddress: undefined,
      cacheDir: join(homedir(), '.cache', 'sluice'),
      dataDir: resolve('.sluice'),
      host: '127.0.0.1',
      port: 4400,
      local: false,
      allowLoopback: false,
    });
  });

  it('counts an empty variable as absent, as compose files pass it', () => {
    expect(readConfig({ DATABASE_URL: '', SLUICE_PORT: ' ' })).toMatchObject({ databaseUrl: undefined, port: 4400 });
  });

  it('lets agents live on this machine in the embedded default, and on private hosts only when asked', () => {
    expect(readConfig({ SLUICE_LOCAL: '1' })).toMatchObject({ allowLoopback: true, allowPrivateHosts: false });
    expect(readConfig({ SLUICE_ALLOW_PRIVATE_HOSTS: 'true' })).toMatchObject({ allowPrivateHosts: true });
  });

  it('lets workers start commands in the embedded default, and elsewhere only when asked', () => {
    expect(readConfig({}).allowExec).toBe(false);
    expect(readConfig({ SLUICE_ALLOW_PRIVATE_HOSTS: '1' }).allowExec).toBe(false);
    expect(readConfig({ SLUICE_LOCAL: '1' }).allowExec).toBe(true);
    expect(readConfig({ SLUICE_LOCAL: '1', SLUICE_ALLOW_EXEC: '0' }).allowExec).toBe(false);
    expect(readConfig({ SLUICE_ALLOW_EXEC: '1' }).allowExec).toBe(true);
  });

  it('finds a list of token prices only where it is named', () => {
    expect(readConfig({}).pricesFile).toBeUndefined();
    expect(readConfig({ SLUICE_PRICES: 'prices.yaml' }).pricesFile).toBe(resolve('prices.yaml'));
  });

  it.each([
    ['SLUICE_ALLOW_EXEC', 'sometimes'],
    ['DATABASE_URL', 'mysql://localhost/x'],
    ['TEMPORAL_ADDRESS', 'http://localhost:7233'],
    ['SLUICE_URL', 'localhost:4400'],
    ['SLUICE_PORT', '70000'],
    ['SLUICE_PORT', 'abc'],
    ['SLUICE_LOCAL', 'maybe'],
    ['SLUICE_API_KEY', 'secret-key'],
    ['SLUICE_ATTACHMENTS_URL', 'https://bucket.s3.amazonaws.com'],
    ['SLUICE_ATTACHMENTS_LIMIT_BYTES', '25 MB'],
  ])('names the variable, what was expected and what to do when %s is "%s"', (name, value) => {
    const error = errorOf({ [name]: value });
    expect(error.message).toContain(`environment variable ${name}: found`);
    expect(error.message).toContain('expected');
    expect(error.fix).toContain(`set ${name}`);
  });

  it('keeps attachments in Postgres unless a bucket is named, with its keys', () => {
    expect(readConfig({}).attachments).toBeUndefined();
    const keys = { SLUICE_ATTACHMENTS_KEY_ID: 'id', SLUICE_ATTACHMENTS_SECRET_KEY: 'hunter2' };
    const url = { SLUICE_ATTACHMENTS_URL: 's3://media/sluice/prod' };
    expect(readConfig({ ...url, ...keys }).attachments).toEqual({
      bucket: 'media',
      prefix: 'sluice/prod/',
      endpoint: null,
      region: 'us-east-1',
      accessKeyId: 'id',
      secretAccessKey: 'hunter2',
    });
    const error = errorOf({ ...url, SLUICE_ATTACHMENTS_KEY_ID: 'id' });
    expect(error.message).toBe(
      'environment variable SLUICE_ATTACHMENTS_SECRET_KEY: is missing, expected the secret of the access key, since SLUICE_ATTACHMENTS_URL is set',
    );
    expect(error.fix).toContain('unset SLUICE_ATTACHMENTS_URL to keep attachments in Postgres');
  });

  it('never repeats a value that may hold a secret', () => {
    expect(errorOf({ DATABASE_URL: 'mysql://me:hunter2@db/x' }).message).not.toContain('hunter2');
    expect(errorOf({ SLUICE_API_KEY: 'hunter2' }).message).not.toContain('hunter2');
    const endpoint = errorOf({
      SLUICE_ATTACHMENTS_URL: 's3://media',
      SLUICE_ATTACHMENTS_ENDPOINT: 'https://me:hunter2@minio',
    });
    expect(endpoint.message).not.toContain('hunter2');
  });
});
