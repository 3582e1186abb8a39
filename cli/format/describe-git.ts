import type { Git } from '../../schema/contracts/spec.ts';

/** `commit 1a2b3c4d5e6f on main by ada, https://…/pull/12`; empty when nothing is known. */
export function describeGit(git: Git): string {
  const words = [
    git.sha ? `commit ${git.sha.slice(0, 12)}` : '',
    git.branch ? `on ${git.branch}` : '',
    git.actor ? `by ${git.actor}` : '',
  ];
  const said = words.filter(Boolean).join(' ');
  // Whoever starts a run writes these: escape codes must not reach a terminal.
  return [said, git.pullRequestUrl ?? git.url ?? '']
    .filter(Boolean)
    .join(', ')
    .replaceAll(/\p{Cc}/gu, '?');
}
