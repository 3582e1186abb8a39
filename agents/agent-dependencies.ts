import type { FunctionRegistry } from '../schema/contracts/call.ts';
import type { AllowedNetworks } from './address-guard.ts';

/** What adapters need from where they run. */
export interface AgentDependencies {
  /** The value of a named secret, asked for at each call; undefined when there is none. */
  resolveSecret(name: string): string | undefined;
  functions: FunctionRegistry;
  /** Where `http` agents may be: `public` < `loopback` < `private`, each including the ones before. */
  allowedNetworks: AllowedNetworks;
}
