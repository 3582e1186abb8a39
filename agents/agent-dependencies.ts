import type { FunctionRegistry } from '../schema/contracts/call.ts';
import type { AllowedNetworks } from './address-guard.ts';
import type { ShotLibrary } from './shot-library.ts';

/** What adapters need from where they run. */
export interface AgentDependencies {
  /** The value of a named secret, asked for at each call; undefined when there is none. */
  resolveSecret(name: string): string | undefined;
  functions: FunctionRegistry;
  /** Where `http` agents may be: `public` < `loopback` < `private`, each including the ones before. */
  allowedNetworks: AllowedNetworks;
  /** Whether `exec` agents may be started: whoever writes a spec decides what runs there. */
  allowExec: boolean;
  /** Where few-shot rules find their examples; without it an agent that has one answers `not_configured`. */
  shots?: ShotLibrary;
}
