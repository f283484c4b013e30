/**
 * Who may import whom. `test/house/layers.test.ts` breaks each rule once and sees it red: a new rule needs a new line there.
 * Traps: only the first mention of a module in a file counts, and a template-literal `import()` is invisible.
 */

/** A package that is the business of one folder only. */
const only = (name, packages, folders) => ({
  name,
  severity: "error",
  comment: `${packages} is used in ${folders} only`,
  from: { path: "^(src|adapters)/", pathNot: folders },
  to: { path: `node_modules/${packages}/` },
});

module.exports = {
  forbidden: [
    {
      name: "model-stands-alone",
      comment: "src/model is what everybody agrees on: it imports nothing of ours, and no package",
      severity: "error",
      from: { path: "^src/model/" },
      to: { pathNot: "^src/model/" },
    },
    {
      name: "log-stands-alone",
      comment: "src/log.ts is imported by everybody and so imports nothing of ours",
      severity: "error",
      from: { path: "^src/log\\.ts$" },
      to: { path: "^(src|adapters)/" },
    },
    {
      name: "rooms-meet-in-app",
      comment: "bridge, agents, ledger, http and identity know the model and the log, not each other; src/app.ts joins them",
      severity: "error",
      from: { path: "^src/(bridge|agents|ledger|http|identity)/" },
      to: { path: "^(src|adapters)/", pathNot: ["^src/$1/", "^src/model/", "^src/log\\.ts$"] },
    },
    {
      name: "simulators-are-outside",
      comment: "simulators stand for the outside world: they know the bridge's model and log at most",
      severity: "error",
      from: { path: "^src/simulator/" },
      to: { path: "^(src|adapters)/", pathNot: ["^src/simulator/", "^src/model/", "^src/log\\.ts$"] },
    },
    {
      name: "simulators-only-in-the-demo",
      comment: "a bridge in production loads no simulator: only src/main.ts does, by a literal import()",
      severity: "error",
      from: { path: "^(src|adapters)/", pathNot: ["^src/simulator/", "^src/main\\.ts$"] },
      to: { path: "^src/simulator/" },
    },
    {
      name: "simulators-load-late",
      comment: "src/main.ts loads the demo only when it is asked for",
      severity: "error",
      from: { path: "^src/main\\.ts$" },
      to: { path: "^src/simulator/", dynamic: false },
    },
    {
      name: "adapters-know-the-model",
      comment: "an adapter imports src/model, src/log.ts, adapters/shared and itself; the rest is passed in",
      severity: "error",
      from: { path: "^adapters/([^/]+)/" },
      to: { path: "^(src|adapters)/", pathNot: ["^adapters/$1/", "^adapters/shared/", "^src/model/", "^src/log\\.ts$"] },
    },
    {
      name: "adapter-config-is-light",
      comment: "config.ts, manifest.ts and link.ts of an adapter are loaded for every bridge: zod and src/model only",
      severity: "error",
      from: { path: "^adapters/[^/]+/(config|manifest|link)\\.ts$" },
      to: { pathNot: ["node_modules/zod/", "^src/model/"] },
    },
    {
      name: "adapters-through-main",
      comment:
        "an adapter is reached by src/main.ts; its config.ts, manifest.ts and link.ts also by the configuration and the command line",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/main\\.ts$", "^src/cli(\\.ts$|/)", "^src/config(\\.ts$|/)"] },
      to: { path: "^adapters/" },
    },
    {
      name: "adapter-schemas-only",
      comment: "the configuration and the command line see nothing of an adapter but config.ts, manifest.ts and link.ts",
      severity: "error",
      from: { path: "^src/(cli|config)(\\.ts$|/)" },
      to: { path: "^adapters/", pathNot: "^adapters/[^/]+/(config|manifest|link)\\.ts$" },
    },
    {
      name: "adapters-by-their-door",
      comment: "src/main.ts uses an adapter's index.ts and nothing else of it",
      severity: "error",
      from: { path: "^src/main\\.ts$" },
      to: { path: "^adapters/", pathNot: "^adapters/[^/]+/index\\.ts$" },
    },
    {
      name: "adapters-load-late",
      comment: "a Slack-only bridge loads and pays for Slack only: a literal import()",
      severity: "error",
      from: { path: "^src/main\\.ts$" },
      to: { path: "^adapters/[^/]+/index\\.ts$", dynamic: false },
    },
    {
      name: "config-sees-schemas",
      comment: "of the rooms, the configuration sees the schemas of agents and manifests only",
      severity: "error",
      from: { path: "^src/config(\\.ts$|/)" },
      to: {
        path: "^src/",
        pathNot: ["^src/config(\\.ts$|/)", "^src/model/", "^src/log\\.ts$", "^src/(agents|manifest/[^/]+)/config\\.ts$"],
      },
    },
    {
      name: "nobody-imports-main",
      comment: "src/app.ts is joined by src/main.ts, and that is started by src/start.js",
      severity: "error",
      from: { path: "^(src|adapters)/", pathNot: ["^src/main\\.ts$", "^src/start\\.js$"] },
      to: { path: "^src/(app|main)\\.ts$" },
    },
    {
      name: "no-tests-in-the-product",
      severity: "error",
      comment: "what the product needs stands in src",
      from: { path: "^(src|adapters)/" },
      to: { path: "^test/" },
    },
    only("a2a-sdk-in-agents", "@a2a-js/sdk", "^src/(agents|simulator)/"),
    only("database-in-ledger", "(kysely|keyv|pg)", "^src/ledger/"),
    only("slack-in-its-adapter", "@slack/[^/]+", "^adapters/slack/"),
    only("teams-in-its-adapter", "(botbuilder[^/]*|botframework-[^/]+|@azure/[^/]+)", "^adapters/teams/"),
    only("discord-in-its-adapter", "(discord\\.js|discord-api-types|@discordjs/[^/]+)", "^adapters/discord/"),
    only("websockets-in-their-rooms", "ws", "^src/(http|simulator)/"),
    only("undici-in-http", "undici", "^src/http/"),
    only("fastify-in-http", "(fastify|@fastify/[^/]+)", "^src/http/"),
    only("pino-in-log", "pino", "^src/log\\.ts$"),
    only("yaml-in-config", "yaml", "^src/config(\\.ts$|/)"),
    {
      name: "no-cycles",
      comment: "a cycle hides which of two files comes first",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-dev-dependencies",
      comment: "what the product imports is installed with it",
      severity: "error",
      from: { path: "^(src|adapters)/" },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"], dependencyTypesNot: ["type-only"] },
    },
    {
      name: "no-dead-imports",
      comment: "every import leads somewhere",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    parser: "swc",
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    // Without these the rules on packages stay silent.
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "types"] },
  },
};
