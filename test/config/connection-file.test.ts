import { chmodSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../config/config-error.ts';
import {
  connectionFilePath,
  readConnectionFile,
  removeConnectionFile,
  writeConnectionFile,
} from '../../config/connection-file.ts';

const connection = {
  url: 'http://127.0.0.1:4400',
  apiKey: 'sl_test',
  databaseUrl: 'postgres://sluice:pw@127.0.0.1:20000/sluice',
  temporalAddress: '127.0.0.1:20001',
  pids: { supervisor: 11, postgres: null, temporal: 12, api: 13, worker: [14, 15] },
};
const newFolder = () => mkdtempSync(join(tmpdir(), 'sluice-config-'));

describe('the connection file', () => {
  it('holds exactly the promised fields, and its owner alone can read it', () => {
    const folder = newFolder();
    writeConnectionFile(folder, connection);
    expect(JSON.parse(readFileSync(connectionFilePath(folder), 'utf8'))).toEqual(connection);
    expect(readConnectionFile(folder)).toEqual(connection);
    expect(statSync(connectionFilePath(folder)).mode & 0o777).toBe(0o600);
  });

  it('is private again after a rewrite, and leaves no half-written file beside it', () => {
    const folder = newFolder();
    writeFileSync(connectionFilePath(folder), '{}');
    chmodSync(connectionFilePath(folder), 0o644);
    writeConnectionFile(folder, connection);
    expect(statSync(connectionFilePath(folder)).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['connection.json']);
  });

  it('is absent where no stack runs', () => {
    const folder = newFolder();
    expect(readConnectionFile(folder)).toBeUndefined();
    writeConnectionFile(folder, connection);
    removeConnectionFile(folder);
    expect(readConnectionFile(folder)).toBeUndefined();
  });

  it('names itself and the way out when somebody wrote something else there', () => {
    const folder = newFolder();
    writeFileSync(connectionFilePath(folder), '{"url": 1}');
    expect(() => readConnectionFile(folder)).toThrow(ConfigError);
    expect(() => readConnectionFile(folder)).toThrow(connectionFilePath(folder));
  });
});
