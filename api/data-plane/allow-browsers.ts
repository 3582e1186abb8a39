import type { FastifyInstance } from 'fastify';

/**
 * Lets pages of any origin call these routes: they are opened by a key that the page must have, never by a cookie, so the origin says
 * nothing.
 */
export function allowBrowsers(app: FastifyInstance, urls: readonly string[]): void {
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'etag, x-sluice-lease-ms',
    });
  });
  for (const url of urls) {
    app.options(url, (_request, reply) =>
      reply
        .headers({
          'access-control-allow-methods': 'GET, POST',
          'access-control-allow-headers': 'authorization, content-type, if-none-match, cache-control, last-event-id',
          'access-control-max-age': '7200',
        })
        .code(204)
        .send(),
    );
  }
}
