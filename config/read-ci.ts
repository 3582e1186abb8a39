import type { Environment } from './read-config.ts';

/** Which commit a CI job works on, and for whom. */
export interface CiProvenance {
  sha?: string;
  branch?: string;
  actor?: string;
  /** Of the job's page. */
  url?: string;
}

/** What GitHub Actions or GitLab CI say of the job this process runs in; undefined elsewhere. */
export function readCi(env: Environment = process.env): CiProvenance | undefined {
  if (env.GITHUB_SHA) {
    const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: job } = env;
    return present({
      sha: env.GITHUB_SHA,
      branch: env.GITHUB_HEAD_REF || env.GITHUB_REF_NAME,
      actor: env.GITHUB_ACTOR,
      url: server && repository && job ? `${server}/${repository}/actions/runs/${job}` : undefined,
    });
  }
  if (env.CI_COMMIT_SHA) {
    return present({
      sha: env.CI_COMMIT_SHA,
      branch: env.CI_COMMIT_REF_NAME,
      actor: env.GITLAB_USER_LOGIN,
      url: env.CI_JOB_URL,
    });
  }
  return undefined;
}

function present(values: Record<keyof CiProvenance, string | undefined>): CiProvenance {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value));
}
