import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server that can be cut: connections break, and new ones are refused until it is mended. */
export interface CuttableProxy {
  port: number;
  cut(): Promise<void>;
  /** Nothing passes any more and nobody is told, as when a cable is pulled; connections of this time stay silent for ever. */
  stall(): void;
  /** Connections made from here on work. */
  mend(): Promise<void>;
  close(): Promise<void>;
}

/** Forwards connections from a free port of loopback to `target`. */
export async function startCuttableProxy(target: { host: string; port: number }): Promise<CuttableProxy> {
  const sockets = new Set<Socket>();
  let isStalled = false;
  const server = createServer((near) => {
    const far = connect(target);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    if (!isStalled) near.pipe(far).pipe(near);
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const cut = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.resetAndDestroy();
    });
  const stall = () => {
    isStalled = true;
    for (const socket of sockets) socket.unpipe().pause();
  };
  const mend = async () => {
    if (!isStalled) await listen(port);
    isStalled = false;
  };
  return { port, cut, stall, mend, close: cut };
}
