/** Aborts at the first SIGINT or SIGTERM. */
export function stopOnSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort(new Error(name)));
  return controller.signal;
}
