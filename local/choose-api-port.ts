import { SluiceError } from '../schema/errors.ts';
import { canListen, freePort } from './free-port.ts';
import { portOwner } from './port-owner.ts';
import type { ChildState } from './supervisor-state.ts';

export interface ChooseApiPortOptions {
  readonly host: string;
  /** 0 = a free one. */
  readonly port: number;
  /** The API of an earlier start that still runs: its port is not taken, it is ours. */
  readonly orphan: ChildState | undefined;
  /** Of the last start; preferred where any will do. */
  readonly previousUrl: string | null;
}

/**
 * The port of the API.
 *
 * @throws {SluiceError} when somebody else listens there, saying who and how to choose another
 */
export async function chooseApiPort({ host, port, orphan, previousUrl }: ChooseApiPortOptions): Promise<number> {
  if (port === 0) return orphan?.port ?? freePort(previousUrl ? Number(new URL(previousUrl).port) : undefined);
  if (orphan?.port === port || (await canListen(port, host))) return port;
  const owner = portOwner(port);
  const other = port === 65_535 ? port - 1 : port + 1;
  throw new SluiceError({
    code: 'unavailable',
    message: `port ${port} on ${host}: in use${owner ? ` by ${owner}` : ' by another program'}, expected a free one`,
    fix: `choose another port, e.g. --port ${other}, or end that program`,
  });
}
