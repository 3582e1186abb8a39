import { expect, it } from 'vitest';
import { findSecret } from '../../config/find-secret.ts';

const env = {
  LLM_API_KEY: 'k-1',
  EMPTY: '',
  DATABASE_URL: 'postgres://…',
  SLUICE_AUDIT_KEY: 'a',
  TEMPORAL_API_KEY: 't',
};

it('a secret is the variable of that name where the agent is called', () => {
  expect(findSecret('LLM_API_KEY', env)).toBe('k-1');
  expect(findSecret('EMPTY', env)).toBeUndefined();
  expect(findSecret('ABSENT', env)).toBeUndefined();
});

it('no spec gets at what Sluice itself lives on', () => {
  for (const name of ['DATABASE_URL', 'SLUICE_AUDIT_KEY', 'TEMPORAL_API_KEY']) {
    expect(findSecret(name, env)).toBeUndefined();
  }
});
