import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readCi } from '../../config/read-ci.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-ci-'));
afterAll(() => rmSync(folder, { recursive: true }));

const merge = 'a'.repeat(40);
const pushed = 'b'.repeat(40);
const pullRequest = {
  GITHUB_SHA: merge,
  GITHUB_REF: 'refs/pull/12/merge',
  GITHUB_REF_NAME: '12/merge',
  GITHUB_HEAD_REF: 'shorter-prompt',
  GITHUB_ACTOR: 'ada',
  GITHUB_SERVER_URL: 'https://github.example.com',
  GITHUB_REPOSITORY: 'acme/bot',
  GITHUB_RUN_ID: '77',
};

describe('the commit of a CI job', () => {
  it('is, for a GitHub pull request, the one that was pushed, with branch, person, job and pull request', () => {
    const event = join(folder, 'event.json');
    writeFileSync(event, JSON.stringify({ pull_request: { head: { sha: pushed } } }));
    expect(readCi({ ...pullRequest, GITHUB_EVENT_PATH: event })).toEqual({
      sha: pushed,
      branch: 'shorter-prompt',
      actor: 'ada',
      url: 'https://github.example.com/acme/bot/actions/runs/77',
      pullRequestUrl: 'https://github.example.com/acme/bot/pull/12',
    });
  });

  it('is GITHUB_SHA when the event says nothing usable, and on a push', () => {
    const event = join(folder, 'broken.json');
    writeFileSync(event, '{"pull_request": {"head": {"sha": "main; rm -rf"}}}');
    expect(readCi({ ...pullRequest, GITHUB_EVENT_PATH: event })?.sha).toBe(merge);
    expect(readCi({ ...pullRequest, GITHUB_EVENT_PATH: join(folder, 'absent.json') })?.sha).toBe(merge);
    expect(readCi({ GITHUB_SHA: merge, GITHUB_REF: 'refs/heads/main', GITHUB_REF_NAME: 'main' })).toEqual({
      sha: merge,
      branch: 'main',
    });
  });

  it('comes from GitLab with its merge request', () => {
    const job = {
      CI_COMMIT_SHA: pushed,
      CI_COMMIT_REF_NAME: 'refs/merge-requests/5/head',
      CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: 'topic',
      CI_MERGE_REQUEST_PROJECT_URL: 'https://gitlab.example.com/acme/bot',
      CI_MERGE_REQUEST_IID: '5',
      GITLAB_USER_LOGIN: 'bo',
      CI_JOB_URL: 'https://gitlab.example.com/acme/bot/-/jobs/9',
    };
    expect(readCi(job)).toEqual({
      sha: pushed,
      branch: 'topic',
      actor: 'bo',
      url: 'https://gitlab.example.com/acme/bot/-/jobs/9',
      pullRequestUrl: 'https://gitlab.example.com/acme/bot/-/merge_requests/5',
    });
  });

  it('is unknown outside of CI', () => {
    expect(readCi({})).toBeUndefined();
  });
});
