import canonicalize from 'canonicalize';
import type { AgentConfig } from '../../schema/contracts/agent.ts';
import { sha256 } from '../../schema/ids.ts';
import type { ShardExample } from '../../store/shards/begin-shard.ts';

/**
 * Names what an answer depends on, as far as a plan can tell: the agent's whole configuration (with its `revision`), the
 * content of the input, and the repetition. What is told of an example beyond its input is part of it for the adapters
 * that hand it over, and its cluster where examples in the prompt are chosen by it.
 */
export function cacheKey(config: AgentConfig, example: ShardExample, repetition: number): string {
  const seen =
    config.adapter === 'function' || config.adapter === 'replay'
      ? { id: example.exampleId, metadata: example.metadata, expected: example.expected ?? null }
      : null;
  const parts = { version: 1, config, input: example.input, clusterKey: example.clusterKey ?? null, seen, repetition };
  return sha256(canonicalize(parts) ?? '');
}
