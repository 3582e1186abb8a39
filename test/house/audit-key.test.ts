import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { serviceChildren } from '../../local/service-children.ts';

describe('the key of the audit chain', () => {
  it('is given to the API alone in the production shape', () => {
    const { services } = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as {
      services: Record<string, { environment?: Record<string, string> }>;
    };
    const holders = Object.keys(services).filter((name) => services[name]?.environment?.SLUICE_AUDIT_KEY !== undefined);
    expect(holders).toEqual(['api']);
    expect(services.api?.environment).toMatchObject(services.worker?.environment ?? {});
  });

  it('is kept from the workers of a local stack, which start commands of agents', () => {
    const children = serviceChildren({
      engines: {
        url: 'http://127.0.0.1:4400',
        port: 4400,
        databaseUrl: 'postgres://127.0.0.1/sluice',
        temporalAddress: '127.0.0.1:7233',
        embeddedTemporal: true,
        apiKey: 'sl_test',
      },
      dataDir: '.sluice',
      workers: 2,
      launcher: { command: 'node', script: 'bin/sluice.js' },
      version: '0',
    });
    const workers = children.filter(({ role }) => role === 'worker');
    expect(workers).toHaveLength(2);
    // Undefined takes a variable of the supervisor away from its child.
    for (const { env } of workers) expect(Object.entries(env)).toContainEqual(['SLUICE_AUDIT_KEY', undefined]);
    expect(children.find(({ role }) => role === 'api')?.env).not.toHaveProperty('SLUICE_AUDIT_KEY');
  });
});
