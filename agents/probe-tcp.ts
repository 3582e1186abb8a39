import { connect, type LookupFunction } from 'node:net';

/**
 * Opens a TCP connection and closes it again.
 * @returns null when it opened within `timeoutMs`, else the error.
 */
export function probeTcp(url: URL, lookup: LookupFunction, timeoutMs: number): Promise<Error | null> {
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  return new Promise((resolve) => {
    const socket = connect({ host, port, lookup });
    const end = (error: Error | null) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(error);
    };
    const timer = setTimeout(() => end(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs);
    // Stays for good: a late error of a socket that was given up must not end the process.
    socket.on('error', end);
    socket.once('connect', () => end(null));
  });
}
