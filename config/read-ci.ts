import { readFileSync } from 'node:fs';
import type { Environment } from './read-config.ts';

/** Which commit a CI job works on, and for whom. */
export interface CiProvenance {
  sha?: string;
  branch?: string;
  actor?: string;
  /** Of the job's page. */
  url?: string;
  /** Of the pull or merge request that the job checks. */
  pullRequestUrl?: string;
}

/** What GitHub Actions or GitLab CI say of the job this process runs in; undefined elsewhere. */
export function readCi(env: Environment = process.env): CiProvenance | undefined {
  if (env.GITHUB_SHA) {
    const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: job } = env;
    const place = server && repository ? `${server}/${repository}` : undefined;
    const pullRequest = /^refs\/pull\/(\d+)\//.exec(env.GITHUB_REF ?? '')?.[1];
    return present({
      // For a pull request GITHUB_SHA is a merge commit that nobody has: the event tells the one that was pushed.
      sha: pullRequest === undefined ? env.GITHUB_SHA : (pushedSha(env.GITHUB_EVENT_PATH) ?? env.GITHUB_SHA),
      branch: env.GITHUB_HEAD_REF || env.GITHUB_REF_NAME,
      actor: env.GITHUB_ACTOR,
      url: place && job ? `${place}/actions/runs/${job}` : undefined,
      pullRequestUrl: place && pullRequest ? `${place}/pull/${pullRequest}` : undefined,
    });
  }
  if (env.CI_COMMIT_SHA) {
    const { CI_MERGE_REQUEST_PROJECT_URL: project, CI_MERGE_REQUEST_IID: number } = env;
    return present({
      sha: env.CI_COMMIT_SHA,
      branch: env.CI_MERGE_REQUEST_SOURCE_BRANCH_NAME || env.CI_COMMIT_REF_NAME,
      actor: env.GITLAB_USER_LOGIN,
      url: env.CI_JOB_URL,
      pullRequestUrl: project && number ? `${project}/-/merge_requests/${number}` : undefined,
    });
  }
  return undefined;
}

/** The head of the pull request in GitHub's event file. */
function pushedSha(eventPath: string | undefined): string | undefined {
  if (!eventPath) return undefined;
  try {
    const event = JSON.parse(readFileSync(eventPath, 'utf8')) as { pull_request?: { head?: { sha?: unknown } } } | null;
    const sha = event?.pull_request?.head?.sha;
    return typeof sha === 'string' && /^[0-9a-f]{40,64}$/.test(sha) ? sha : undefined;
  } catch {
    return undefined;
  }
}

function present(values: Record<keyof CiProvenance, string | undefined>): CiProvenance {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value));
}
