# The bridge as an image: Node alone at run time, not root, and nothing written outside /data and /tmp.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# The optional dependencies are Node itself for machines without one; maps and declarations are for those who write code.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
RUN find node_modules -type f \( -name "*.map" -o -name "*.d.ts" -o -name "*.d.cts" -o -name "*.d.mts" \) -delete
COPY adapters adapters
COPY src src

FROM node:24-bookworm-slim
ENV NODE_ENV=production BRIDGE_CONFIG=/config/bridge.config.yaml NODE_COMPILE_CACHE=/app/compiled
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn* /usr/local/bin/yarn /usr/local/bin/yarnpkg
RUN mkdir -p /data && chown 1000:1000 /data && ln -s /app/src/start.js /usr/local/bin/a2a-chat-bridge
COPY --from=build /app /app
# What a start compiles is compiled here, with the same flags and for the user that reads it; nobody can change it later.
RUN mkdir /app/compiled && chown 1000:1000 /app/compiled && NODE_COMPILE_CACHE=/app/compiled setpriv --reuid=1000 --regid=1000 --clear-groups node --max-semi-space-size=8 --v8-pool-size=2 --eval "for (const part of ['src/main', 'adapters/slack/index', 'adapters/teams/index', 'adapters/discord/index']) import('/app/' + part + '.ts')" && chown -R 0:1000 /app/compiled && chmod -R g+rX /app/compiled
# A relative store.url leads to /data: sqlite:data/bridge.db.
WORKDIR /
USER 1000:1000
VOLUME /data
EXPOSE 3978
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.BRIDGE_PORT ?? 3978}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-semi-space-size=8", "--v8-pool-size=2", "/app/src/start.js"]
CMD ["start"]
