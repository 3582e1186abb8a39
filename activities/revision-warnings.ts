import type { Plan } from '../schema/contracts/plan.ts';
import type { RevisionCount } from '../store/runs/count-revisions.ts';

/** Builds listed by name; of further ones their number. */
const mostShown = 3;

/** What a reader should know of the builds that answered: another than declared, or several of one variant. */
export function revisionWarnings(plan: Plan, counts: readonly RevisionCount[]): string[] {
  const warnings: string[] = [];
  for (const { name, config } of plan.variants) {
    const seen = counts.filter(({ variant }) => variant === name);
    const others = seen.filter(({ revision }) => revision !== config.revision);
    if (config.revision !== undefined && others.length > 0) {
      warnings.push(
        `${name} is declared as revision "${config.revision}", and others answered: ${listed(others)}. Its numbers are not of that build.`,
      );
    } else if (seen.length > 1) {
      warnings.push(`The agent of ${name} changed in mid-run: ${listed(seen)}. Its numbers mix these builds.`);
    }
  }
  return warnings;
}

function listed(counts: readonly RevisionCount[]): string {
  const shown = counts
    .slice(0, mostShown)
    .map(({ revision, trials }) => `revision "${revision}" ${trials} ${trials === 1 ? 'trial' : 'trials'}`);
  return counts.length > mostShown ? `${shown.join(', ')} and ${counts.length - mostShown} more` : shown.join(', ');
}
