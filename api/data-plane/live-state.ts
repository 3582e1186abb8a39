import { EventEmitter } from 'node:events';
import type { AgentConfig } from '../../schema/contracts/agent.ts';
import { suggest } from '../../schema/contracts/parse-input.ts';
import type { TrafficSplit } from '../../schema/contracts/traffic.ts';
import { SluiceError } from '../../schema/errors.ts';
import { isAgent } from '../../store/agents/is-agent.ts';
import { loadConfigs, type VersionConfig } from '../../store/agents/load-configs.ts';
import { findKey, type Principal } from '../../store/keys/find-key.ts';
import { hashKey } from '../../store/keys/hash-key.ts';
import { loadKeys } from '../../store/keys/load-keys.ts';
import { noteKeyUse } from '../../store/keys/note-key-use.ts';
import { findRevisions } from '../../store/traffic/find-revisions.ts';
import { type AgentTraffic, loadTraffic } from '../../store/traffic/load-traffic.ts';
import { outage } from '../outage.ts';
import type { LiveAgent } from './live-agent.ts';
import type { RenewableDatabase } from './renewable-database.ts';
import { readSnapshot, type Snapshot, writeSnapshot } from './snapshot-file.ts';

/** What the data plane knows without asking: agents with their splits and leases, configurations, keys. */
export interface LiveState {
  /** @throws {SluiceError} not_found; unavailable while nothing is known and Postgres is away */
  agentOf(input: { projectId: string; agent: string }): Promise<LiveAgent>;
  /** The same by its id; undefined when unknown. */
  byId(agentId: string): LiveAgent | undefined;
  /** A version's configuration. From memory for every version that a split names. @throws {SluiceError} not_found */
  configOf(input: { agentId: string; version: number }): Promise<AgentConfig>;
  /** The owner of a key, null when there is none. A revoked key is refused after 5 s at the latest while Postgres answers. */
  principalOf(apiKey: string): Promise<Principal | null>;
  /** Splits that were in force once, by revision. */
  revisionsOf(agentId: string, revisions: readonly number[]): Promise<Map<number, PastSplit>>;
  /** Told at every change of an agent's split, production version or lease. @returns what ends it */
  onChange(agentId: string, listener: () => void): () => void;
  /** Looks now: at the latest what is committed before this call is known after it. Never rejects. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

export interface PastSplit {
  readonly split: TrafficSplit;
  readonly changedAtMs: number;
}

const pollMs = 5_000;
const retryMs = 500;
const snapshotEveryMs = 2_000;
const unknownKeyMs = 5_000;
const mostUnknownKeys = 10_000;
const mostRevisions = 10_000;

/**
 * Keeps the traffic of all agents in memory: looks every 5 s and when told (`refresh`, by NOTIFY). While Postgres is away the last good
 * state is used until its leases end. With `snapshotPath` it is kept on disk too, at most every 2 s, so that a process that starts
 * without Postgres knows it. Resolves with the first state, or after a second without one.
 */
export async function createLiveState(options: {
  database: RenewableDatabase;
  snapshotPath: string | null;
}): Promise<LiveState> {
  const { database, snapshotPath } = options;
  const changes = new EventEmitter().setMaxListeners(0);
  let agents = new Map<string, LiveAgent>();
  let agentsById = new Map<string, LiveAgent>();
  let known: AgentTraffic[] = [];
  let keys = new Map<string, Principal>();
  const configs = new Map<string, VersionConfig>();
  const unknownKeys = new Map<string, number>();
  const revisions = new Map<string, PastSplit>();
  const usedKeys = new Set<string>();
  let hasState = false;
  let failure: unknown = new Error('nothing was loaded yet');

  /** @param at When the leases were read, by `performance.now()`: before the query, so that they never end late. */
  const apply = (state: Pick<Snapshot, 'traffic' | 'keys'>, at: number): void => {
    const before = agentsById;
    const marks = new Map(known.map((one) => [one.agentId, markOf(one)]));
    known = state.traffic;
    agentsById = new Map(known.map((one) => [one.agentId, toLiveAgent(one, at)]));
    agents = new Map([...agentsById.values()].map((live) => [nameKey(live), live]));
    keys = new Map(state.keys.map(({ hash, principal }) => [hash, principal]));
    hasState = true;
    for (const one of known) {
      if (before.size > 0 && marks.get(one.agentId) !== markOf(one)) changes.emit(one.agentId);
    }
  };

  const load = async (): Promise<void> => {
    const at = performance.now();
    const [traffic, loadedKeys] = await Promise.all([loadTraffic(database.db), loadKeys(database.db)]);
    const missing = traffic.flatMap(versionsOf).filter((one) => !configs.has(configKey(one)));
    for (const one of await loadConfigs(database.db, missing)) configs.set(configKey(one), one);
    apply({ traffic, keys: loadedKeys }, at);
    failure = null;
    const used = [...usedKeys];
    usedKeys.clear();
    await noteKeyUse(database.db, used);
  };

  let running: Promise<void> | null = null;
  let waiting: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const run = async (): Promise<void> => {
    clearTimeout(timer);
    try {
      await load();
      saveSoon();
    } catch (error) {
      failure = error;
      database.renewAfter(error);
    }
    running = null;
    if (!closed) timer = setTimeout(() => void refresh(), failure === null ? pollMs : retryMs);
  };
  /** One look at a time; all that ask meanwhile share the next one. */
  const refresh = (): Promise<void> => {
    if (closed) return Promise.resolve();
    if (running === null) {
      running = run();
      return running;
    }
    waiting ??= running.then(() => {
      waiting = null;
      return refresh();
    });
    return waiting;
  };

  let saved = '';
  let saving: Promise<void> | null = null;
  let saveTimer: NodeJS.Timeout | undefined;
  const save = async (): Promise<void> => {
    if (snapshotPath === null || !hasState) return;
    const state = known.map((one) => [one, markOf(one)] as const);
    const mark = JSON.stringify([state.map(([, mark]) => mark), [...keys.keys()], configs.size]);
    if (mark === saved) return;
    const now = performance.now();
    const traffic = state.map(([one]) => {
      const endsAt = agentsById.get(one.agentId)?.leaseEndsAt ?? null;
      return { ...one, leaseMs: endsAt === null ? null : endsAt - now };
    });
    const listed = [...keys].map(([hash, principal]) => ({ hash, principal }));
    await writeSnapshot(snapshotPath, { traffic, configs: [...configs.values()], keys: listed });
    saved = mark;
  };
  const saveSoon = (): void => {
    if (snapshotPath === null || saving !== null || saveTimer !== undefined) return;
    saving = save()
      .catch((error) => console.error(new Date().toISOString(), `the snapshot ${snapshotPath} was not written:`, error))
      .finally(() => {
        saving = null;
        if (!closed) {
          saveTimer = setTimeout(() => {
            saveTimer = undefined;
            saveSoon();
          }, snapshotEveryMs);
          saveTimer.unref();
        }
      });
  };

  const snapshot = snapshotPath === null ? null : await readSnapshot(snapshotPath);
  if (snapshot !== null) {
    for (const one of snapshot.configs) configs.set(configKey(one), one);
    apply(snapshot, performance.now());
  }
  await Promise.race([refresh(), new Promise((resolve) => setTimeout(resolve, 1_000).unref())]);

  return {
    async agentOf({ projectId, agent }) {
      const found = agents.get(nameKey({ projectId, agent }));
      if (found) return found;
      if (await ask(() => isAgent(database.db, { projectId, name: agent }))) await refresh();
      const later = agents.get(nameKey({ projectId, agent }));
      if (later) return later;
      if (!hasState) throw outage(failure);
      const names = [...agents.values()].filter((one) => one.projectId === projectId).map((one) => one.agent);
      throw new SluiceError({
        code: 'not_found',
        message: `there is no agent "${agent}"${suggest(agent, names)}`,
        fix: 'Push it: `sluice agent push FILE`, with `agent: NAME` in the file.',
      });
    },
    byId: (agentId) => agentsById.get(agentId),
    async configOf(input) {
      const found = configs.get(configKey(input));
      if (found) return found.config;
      const [loaded] = await ask(() => loadConfigs(database.db, [input]));
      if (!loaded) {
        throw new SluiceError({
          code: 'not_found',
          message: `agent ${agentsById.get(input.agentId)?.agent ?? input.agentId} has no version ${input.version}`,
        });
      }
      configs.set(configKey(input), loaded);
      return loaded.config;
    },
    async principalOf(apiKey) {
      const hash = Buffer.from(hashKey(apiKey)).toString('hex');
      const found = keys.get(hash);
      if (found) {
        usedKeys.add(found.keyId);
        return found;
      }
      if ((unknownKeys.get(hash) ?? 0) > performance.now()) return null;
      const owner = await ask(() => findKey(database.db, apiKey));
      if (owner) keys.set(hash, owner);
      else {
        if (unknownKeys.size >= mostUnknownKeys) unknownKeys.clear();
        unknownKeys.set(hash, performance.now() + unknownKeyMs);
      }
      return owner;
    },
    async revisionsOf(agentId, wanted) {
      const found = new Map<number, PastSplit>();
      const missing: number[] = [];
      for (const revision of new Set(wanted)) {
        const past = revisions.get(`${agentId} ${revision}`);
        if (past) found.set(revision, past);
        else missing.push(revision);
      }
      for (const { split, changedAt } of await ask(() => findRevisions(database.db, { agentId, revisions: missing }))) {
        const past = { split, changedAtMs: changedAt.getTime() };
        if (revisions.size >= mostRevisions) revisions.clear();
        revisions.set(`${agentId} ${split.revision}`, past);
        found.set(split.revision, past);
      }
      return found;
    },
    onChange(agentId, listener) {
      changes.on(agentId, listener);
      return () => changes.off(agentId, listener);
    },
    refresh,
    async close() {
      closed = true;
      clearTimeout(timer);
      clearTimeout(saveTimer);
      await running;
      await saving;
      await save().catch(() => {});
    },
  };

  /** A question to Postgres, on new connections the next time when it stays without an answer. */
  async function ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      database.renewAfter(error);
      throw /query read timeout/i.test(error instanceof Error ? error.message : '') ? outage(error) : error;
    }
  }
}

function toLiveAgent(
  { projectId, agentId, agent, productionVersion, split, leaseMs }: AgentTraffic,
  at: number,
): LiveAgent {
  const production = { name: 'control', version: productionVersion, range: [0, 1] as [number, number] };
  return {
    projectId,
    agentId,
    agent,
    split:
      split !== null && split.runId !== null
        ? split
        : {
            agent,
            agentId,
            revision: split?.revision ?? 0,
            runId: null,
            seed: null,
            hashVersion: 2,
            unit: split?.unit ?? 'session',
            variants: [production],
            fallback: 0,
            shadow: null,
            conditions: [],
            force: {},
            startedAtMs: null,
            sessions: split?.sessions ?? 'kill',
          },
    leaseEndsAt: leaseMs === null ? null : at + leaseMs,
  };
}

function versionsOf({ agentId, productionVersion, split }: AgentTraffic): { agentId: string; version: number }[] {
  const versions = new Set([productionVersion, ...(split?.variants.map(({ version }) => version) ?? [])]);
  if (split?.shadow) versions.add(split.shadow.version);
  return [...versions].map((version) => ({ agentId, version }));
}

/** Changes with the split, the production version and every renewal of the lease. */
function markOf({ agentId, split, productionVersion, leaseUntil }: AgentTraffic): string {
  return `${agentId} ${split?.revision ?? 0} ${productionVersion} ${leaseUntil ?? ''}`;
}

function nameKey({ projectId, agent }: { projectId: string; agent: string }): string {
  return `${projectId} ${agent}`;
}

function configKey({ agentId, version }: { agentId: string; version: number }): string {
  return `${agentId} ${version}`;
}
