import { Client } from 'pg';

/**
 * Calls `onMessage` for every NOTIFY on `channels`, reconnecting for ever. Messages sent while disconnected are lost:
 * users of it also look by themselves every second or so.
 */
export function listen(options: {
  databaseUrl: string;
  channels: string[];
  onMessage: (channel: string, payload: string) => void;
  /** It hears again; what was sent before may have been missed. */
  onListening?: () => void;
}): { close(): Promise<void> } {
  let client: Client | null = null;
  let closed = false;
  let timer: NodeJS.Timeout | null = null;

  const again = () => {
    client?.removeAllListeners();
    client?.on('error', () => {});
    client?.end().catch(() => {});
    client = null;
    if (!closed) timer = setTimeout(connect, 500);
  };
  const connect = async () => {
    const next = new Client({
      connectionString: options.databaseUrl,
      application_name: 'sluice-listen',
      keepAlive: true,
    });
    client = next;
    next.on('error', again);
    next.on('end', again);
    next.on('notification', (message) => options.onMessage(message.channel, message.payload ?? ''));
    try {
      await next.connect();
      for (const channel of options.channels) await next.query(`listen ${channel}`);
      options.onListening?.();
    } catch {
      if (client === next) again();
    }
  };
  void connect();
  return {
    close: async () => {
      closed = true;
      if (timer) clearTimeout(timer);
      client?.removeAllListeners();
      client?.on('error', () => {});
      await client?.end().catch(() => {});
    },
  };
}
