import { connect } from 'node:net';

const defaultDownloadHost = 'temporal.download';
const reachMs = 1_000;

/** Why the SDK's download cannot work from here, within a second; undefined when somebody answers. */
export function whyNoDownload(host = defaultDownloadHost): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: 443 });
    const finish = (reason: string | undefined) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(reason);
    };
    const timer = setTimeout(() => finish(`${host} did not answer within ${reachMs / 1000} s`), reachMs);
    socket.once('connect', () => finish(undefined));
    socket.once('error', (error: NodeJS.ErrnoException) => finish(`${host} cannot be reached (${error.code})`));
  });
}
