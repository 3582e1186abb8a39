import { EventEmitter, once } from 'node:events';
import { Client, Connection } from '@temporalio/client';
import { TRPCError } from '@trpc/server';
import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from '@trpc/server/adapters/fastify';
import Fastify, { type FastifyError, type FastifyRequest } from 'fastify';
import { guardedLookup, whyUrlBlocked } from '../agents/address-guard.ts';
import { createAgent } from '../agents/create-agent.ts';
import { builtinPrices, findPrice } from '../agents/price-table.ts';
import { readPrices } from '../agents/read-prices.ts';
import { createEvaluator } from '../evaluators/create-evaluator.ts';
import { evaluatorAgent } from '../evaluators/evaluator-agent.ts';
import type { AgentConfig } from '../schema/contracts/agent.ts';
import { mediaLimits } from '../schema/contracts/media.ts';
import { createAttachmentStore } from '../store/attachments/create-attachment-store.ts';
import { s3Objects } from '../store/attachments/s3-objects.ts';
import { findKey, type Principal } from '../store/keys/find-key.ts';
import { listen } from '../store/listen.ts';
import { pendingMigrations } from '../store/migrate.ts';
import { openDatabase } from '../store/open-database.ts';
import { createFunctionLoader } from '../worker/load-functions.ts';
import { createAnalyst } from './analysis/create-analyst.ts';
import type { ApiConfig } from './api-config.ts';
import type { Context, Services } from './context.ts';
import { createDataPlane } from './data-plane/create-data-plane.ts';
import { trafficRoutes } from './data-plane/traffic-routes.ts';
import { gatewayRoutes } from './gateway/gateway-routes.ts';
import { openGateway } from './gateway/open-gateway.ts';
import { attachmentRoutes } from './ingest/attachment-routes.ts';
import { outcomeRoutes } from './ingest/outcome-routes.ts';
import { isOutage } from './outage.ts';
import { createDispatcher } from './outbox/dispatcher.ts';
import { createReadiness } from './readiness.ts';
import { type AppRouter, appRouter } from './root.ts';
import { createPost } from './webhooks/create-post.ts';
import { createSender } from './webhooks/create-sender.ts';
import { createSecretBox } from './webhooks/secret-box.ts';

/** Largest request body: a chunk of a dataset push is far below. */
const bodyLimitBytes = 33_554_432;

/** Serves the API until `signal` aborts. @returns The URL, once it listens. */
export async function runApi(config: ApiConfig, signal: AbortSignal): Promise<{ url: string; closed: Promise<void> }> {
  const { db, pool, close } = openDatabase({ databaseUrl: config.databaseUrl, connections: 16, name: 'sluice-api' });
  const client = lazyClient(config);
  const dispatcher = createDispatcher({ db, client: client.get });
  const allowedNetworks = config.allowedNetworks ?? 'loopback';
  const webhookPost = createPost({
    lookup: guardedLookup(allowedNetworks),
    whyBlocked: (target) => whyUrlBlocked(target, allowedNetworks),
  });
  let ownUrl = '';
  const sender = createSender({
    db,
    post: webhookPost.post,
    box: createSecretBox(config.auditKey),
    publicUrl: () => config.publicUrl ?? ownUrl,
  });
  const sendAll = () => {
    dispatcher.now();
    sender.now();
  };
  const changes = new EventEmitter().setMaxListeners(0);
  const dataPlane = await createDataPlane({ databaseUrl: config.databaseUrl, dataDir: config.dataDir });
  const gateway = openGateway({
    databaseUrl: config.databaseUrl,
    dataPlane,
    dependencies: {
      resolveSecret: config.resolveSecret ?? (() => undefined),
      allowedNetworks,
      allowExec: config.allowExec ?? false,
    },
    loadFunctions: config.functionsFile === undefined ? async () => ({}) : createFunctionLoader(config.functionsFile),
  });
  const listener = listen({
    databaseUrl: config.databaseUrl,
    channels: ['sluice_run', 'sluice_outbox', 'sluice_traffic'],
    onMessage: (channel, payload) => {
      if (channel === 'sluice_run') changes.emit(payload);
      else if (channel === 'sluice_traffic') void dataPlane.live.refresh();
      else sendAll();
    },
    onListening: () => void dataPlane.live.refresh(),
  });
  const operatorPrices = config.pricesFile === undefined ? [] : readPrices(config.pricesFile);
  const analyst = createAnalyst({ databaseUrl: config.databaseUrl });
  // Made and thrown away: what they need to work is the worker's business.
  const checkAgent = (config: AgentConfig): void =>
    void createAgent(config, {
      functions: {},
      resolveSecret: () => undefined,
      allowedNetworks: 'private',
      allowExec: true,
    }).close();
  const services: Services = {
    db,
    pool,
    auditKey: config.auditKey,
    attachments: createAttachmentStore(db, config.attachments ? s3Objects(config.attachments) : null),
    checkAgent,
    checkEvaluator: (config) => {
      createEvaluator(config, { functions: {} });
      const called = evaluatorAgent(config);
      if (called !== null) checkAgent(called);
    },
    priceOf: (config) => findPrice([operatorPrices, builtinPrices], config),
    analyst,
    dispatch: sendAll,
    whyUrlBlocked: (target) => whyUrlBlocked(target, allowedNetworks),
    nextChange: async (runId, timeoutMs, stop) => {
      const timer = AbortSignal.timeout(timeoutMs);
      await once(changes, runId, { signal: stop ? AbortSignal.any([timer, stop]) : timer }).catch(() => {});
    },
  };

  const app = Fastify({
    logger: config.log && { level: 'warn' },
    bodyLimit: bodyLimitBytes,
    forceCloseConnections: true,
    // A batch names all its procedures in the path; the default of 100 characters is a handful of them.
    routerOptions: { maxParamLength: 2_000 },
  });
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const { status, body } = refusal(error);
    return reply.code(status).send(body);
  });
  const principalOf = async ({ headers }: FastifyRequest): Promise<Principal | null> => {
    const key = headers.authorization?.match(/^Bearer (sl_[\w-]+)$/)?.[1];
    return key ? findKey(db, key) : null;
  };
  app.register(fastifyTRPCPlugin, {
    prefix: '/trpc',
    trpcOptions: {
      router: appRouter,
      createContext: async ({ req }): Promise<Context> => ({
        ...services,
        principal: await principalOf(req).catch(unavailable),
      }),
      onError: ({ error, path }) => {
        if (error.code === 'INTERNAL_SERVER_ERROR') console.error(new Date().toISOString(), path, error.cause ?? error);
      },
      maxBatchSize: 20,
    },
  } satisfies FastifyTRPCPluginOptions<AppRouter>);
  app.register(attachmentRoutes, {
    attachments: services.attachments,
    principalOf,
    limitBytes: config.attachmentLimitBytes ?? mediaLimits.attachmentBytes,
  });
  app.register(trafficRoutes, { dataPlane, db, signal });
  app.register(outcomeRoutes, { live: dataPlane.live, db });
  app.register(gatewayRoutes, { dataPlane, gateway });
  app.get('/', () => 'Sluice API. The web page is not built yet; `sluice --help` lists what there is.\n');
  app.get('/healthz', () => ({ ok: true }));
  const readiness = createReadiness({
    client: client.get,
    namespace: config.temporalNamespace,
    pendingMigrations: () => pendingMigrations(config.databaseUrl),
    askPostgres: () => pool.query('select 1'),
  });
  app.get('/readyz', async (_request, reply) => {
    const problems = await readiness();
    return reply.code(problems.length === 0 ? 200 : 503).send({ ready: problems.length === 0, problems });
  });
  const url = await app.listen({ host: config.host, port: config.port });
  ownUrl = url;
  sendAll();

  const closed = (async () => {
    if (!signal.aborted) await once(signal, 'abort');
    await app.close();
    await gateway.close();
    await dataPlane.close();
    await analyst.close();
    await dispatcher.close();
    await sender.close();
    await webhookPost.close();
    await listener.close();
    await client.close();
    await close();
  })();
  return { url, closed };
}

/** A caller whose key cannot be looked up just now is told to come again (503), not that something broke (500). */
function unavailable(error: unknown): never {
  if (!isOutage(error)) throw error;
  throw new TRPCError({ code: 'SERVICE_UNAVAILABLE', message: 'the database is away', cause: error });
}

/** What the server refuses before it reaches a procedure, in the shape of all other errors. */
function refusal(error: FastifyError): { status: number; body: unknown } {
  const status = error.statusCode ?? 500;
  const { code, message } =
    status === 413
      ? { code: 'too_large', message: `the request body is larger than ${bodyLimitBytes} bytes` }
      : status < 500
        ? { code: 'invalid_input', message: error.message }
        : { code: 'internal', message: 'something broke inside Sluice' };
  return { status, body: { error: { message, data: { httpStatus: status, sluice: { code } } } } };
}

/** One connection to Temporal, made at first use, so that the API starts while Temporal is down. */
function lazyClient(config: ApiConfig): { get(): Promise<Client>; close(): Promise<void> } {
  let client: Client | null = null;
  return {
    get: async () => {
      client ??= new Client({
        connection: Connection.lazy(config.temporalConnection),
        namespace: config.temporalNamespace,
      });
      return client;
    },
    close: async () => {
      await client?.connection.close();
    },
  };
}
