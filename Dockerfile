# syntax=docker/dockerfile:1

FROM node:20-slim AS build
WORKDIR /app
# Chromium, embedded Postgres and esbuild are for development; the build needs none of their install scripts.
COPY package.json package-lock.json ./
RUN npm ci --include=dev --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:20-slim
ENV NODE_ENV=production
# The SDK verifies Temporal Cloud's certificate with the system's authorities; slim images carry none.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build --chown=root:root /app/package.json ./
COPY --from=build --chown=root:root /app/node_modules ./node_modules
COPY --from=build --chown=root:root /app/dist ./dist
USER node
EXPOSE 3000 9464
# SIGTERM reaches Node itself, which drains within 30 s; the worker runs with `node dist/worker.js`.
STOPSIGNAL SIGTERM
CMD ["node", "--enable-source-maps", "dist/api/server.js"]
