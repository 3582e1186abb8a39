import { type AgentConfig, defaultShots, type FewShotRule } from '../../../schema/contracts/agent.ts';
import { suggest } from '../../../schema/contracts/parse-input.ts';
import { parseDatasetReference } from '../../../schema/contracts/spec.ts';
import { SluiceError } from '../../../schema/errors.ts';
import { findAgentVersion } from '../../../store/agents/find-agent-version.ts';
import { type DatasetVersionRow, findDatasetVersion } from '../../../store/datasets/find-dataset-version.ts';
import { measureShots } from '../../../store/datasets/measure-shots.ts';
import type { Store } from '../../../store/open-database.ts';

/** What `nearest` chooses from: indexes of more would take too much of a worker. */
const maxShots = 50_000;

/**
 * The configuration with every other thing it names pinned: few-shot examples to a dataset version, `dependsOn` to agent
 * versions. What is pinned already stays as it is, so the same content gives the same configuration.
 *
 * @param input.name of the agent, where it has one: nothing it depends on may depend on it.
 * @throws {SluiceError} not_found or invalid_input, naming the key
 */
export async function pinAgent(
  db: Store,
  { projectId, name, config }: { projectId: string; name?: string; config: AgentConfig },
): Promise<AgentConfig> {
  const pinned = { ...config };
  if (config.dependsOn !== undefined) {
    pinned.dependsOn = [];
    for (const [index, { agent, version = 'latest' }] of config.dependsOn.entries()) {
      const found = await named(`dependsOn[${index}]`, () => findAgentVersion(db, { projectId, name: agent, version }));
      pinned.dependsOn.push({ agent, version: found.version });
      const path = [...(name === undefined ? [] : [name]), agent];
      await refuseCircle(db, { projectId, path, config: found.config, key: `dependsOn[${index}]` });
    }
  }
  const rule = pinned.adapter === 'openai' ? pinned.prompt?.fewShot : undefined;
  if (pinned.adapter === 'openai' && rule !== undefined && rule.versionId === undefined) {
    pinned.prompt = { ...pinned.prompt, fewShot: await pinShots(db, projectId, rule) };
  }
  return pinned;
}

/** Follows what an agent depends on; versions are pinned, so that only names can come round again. */
async function refuseCircle(
  db: Store,
  { projectId, path, config, key }: { projectId: string; path: string[]; config: AgentConfig; key: string },
): Promise<void> {
  const last = path.at(-1) as string;
  if (path.indexOf(last) < path.length - 1) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `${key}: the agent would depend on itself: ${path.join(' -> ')}`,
      fix: 'Leave one of these out of dependsOn.',
    });
  }
  for (const { agent, version = 'latest' } of config.dependsOn ?? []) {
    const found = await findAgentVersion(db, { projectId, name: agent, version });
    await refuseCircle(db, { projectId, path: [...path, agent], config: found.config, key });
  }
}

async function pinShots(db: Store, projectId: string, rule: FewShotRule): Promise<FewShotRule> {
  const reference = parseDatasetReference(rule.dataset);
  const key = 'prompt.fewShot';
  const dataset = await named(`${key}.dataset`, () => findDatasetVersion(db, { projectId, ...reference }));
  const shown = `${dataset.name}@${dataset.version}${rule.split === undefined ? '' : `#${rule.split}`}`;
  if (rule.split !== undefined && !(rule.split in dataset.splits)) throw noSplit(dataset, rule.split);
  const measured = await measureShots(db, dataset.versionId, rule);
  const refuse = (path: string, problem: string, fix: string) => {
    throw new SluiceError({ code: 'invalid_input', message: `${key}.${path}: ${problem}`, fix });
  };
  const { missingIds, unansweredIds } = measured;
  if (missingIds.length > 0) {
    refuse('ids', `${shown} has no example ${someOf(missingIds)}`, 'Name examples of this version and split.');
  }
  if (unansweredIds.length > 0) {
    refuse(
      'ids',
      `${shown} has no \`expected\` for ${someOf(unansweredIds)}`,
      'A shot shows an answer: name examples that have one.',
    );
  }
  const available = measured.withExpected;
  const wanted = rule.select === 'fixed' && rule.ids !== undefined ? 0 : (rule.k ?? defaultShots);
  if (wanted > available) {
    const found = `${available} of the ${measured.examples} examples of ${shown} have an \`expected\` value`;
    refuse(
      'k',
      `${wanted} shots are asked for, and ${found}`,
      'Ask for fewer, or choose from another split or dataset.',
    );
  }
  if (rule.select === 'nearest' && available > maxShots) {
    refuse(
      'dataset',
      `${shown} has ${available} examples; nearest ones are found among at most ${maxShots}`,
      'Choose from a split with fewer examples.',
    );
  }
  if (measured.withMedia > 0) {
    refuse(
      'dataset',
      `${measured.withMedia} examples of ${shown} hold images or recordings; shots are texts only`,
      'Choose from a split of examples in text.',
    );
  }
  return { ...rule, dataset: `${dataset.name}@${dataset.version}`, versionId: dataset.versionId };
}

function noSplit({ name, version, splits }: DatasetVersionRow, split: string): SluiceError {
  const known = Object.keys(splits);
  return new SluiceError({
    code: 'not_found',
    message: `prompt.fewShot.split: dataset ${name}@${version} has no split "${split}"${suggest(split, known)}`,
    fix: known.length === 0 ? 'Leave split away to choose from all examples.' : `Use one of: ${known.join(', ')}.`,
  });
}

function someOf(ids: string[]): string {
  const shown = ids.slice(0, 3).map((id) => `"${id}"`);
  return ids.length > 3 ? `${shown.join(', ')} and ${ids.length - 3} more` : shown.join(', ');
}

/** Says which key names what was not found. */
async function named<T>(key: string, find: () => Promise<T>): Promise<T> {
  try {
    return await find();
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    const { code, fix, details, message } = error;
    throw new SluiceError({ code, message: `${key}: ${message}`, details, ...(fix ? { fix } : {}) });
  }
}
