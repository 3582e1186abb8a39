let listening = false;

/**
 * Logs promises that fail while nobody looks at them, where Node would end the process. They come from functions of
 * sluice.config.ts that start something and do not wait for it; ended by one, a worker would be started again, call the
 * same function, and end again, for ever.
 */
export function outliveStrayRejections(): void {
  if (listening) return;
  listening = true;
  process.on('unhandledRejection', (reason) => {
    console.error(`${new Date().toISOString()} a promise that nobody waits for failed:`, reason);
  });
}
