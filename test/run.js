// The test entry: `npm test`, with jest's own arguments passed through (`npm test -- test/path`).
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(`The tests need Node 22.19 or newer, and this is ${process.version}. Run them with npm test.`);
  process.exit(1);
}

const postgres = new URL(process.env.TEST_POSTGRES_URL ?? "postgres://root@127.0.0.1:5432/test");
/** What the tests can do without. CI sets the variables and can not. */
const extras = [
  {
    variable: "REQUIRE_POSTGRES",
    there: await answers(postgres),
    what: `the ledger on PostgreSQL: none answers at ${postgres.host} (TEST_POSTGRES_URL names another)`,
  },
  {
    variable: "REQUIRE_BROWSER",
    there: [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome"].some((path) => path && existsSync(path)),
    what: "the simulators' pages in a browser: there is no Chromium (CHROMIUM names its path)",
  },
  {
    variable: "REQUIRE_PEERS",
    there: existsSync(new URL("peers/node_modules/.package-lock.json", import.meta.url)),
    what: "Google's ADK and VoltAgent as agents: not installed (npm ci --prefix test/peers --ignore-scripts)",
  },
];
const missing = extras.filter(({ there }) => !there);
const required = missing.filter(({ variable }) => process.env[variable] === "1");
for (const { variable, what } of required) console.error(`${variable} is set, and this is missing: ${what}.`);
if (required.length > 0) process.exit(1);
for (const { what } of missing) console.log(`Left out: ${what}.`);

const flags = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"];
const jest = fileURLToPath(new URL("../node_modules/jest/bin/jest.js", import.meta.url));
const run = spawn(process.execPath, [...flags, jest, ...process.argv.slice(2)], {
  stdio: "inherit",
  cwd: fileURLToPath(new URL("..", import.meta.url)),
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => run.kill(signal));
run.on("close", (code) => process.exit(code ?? 1));

function answers({ hostname, port }) {
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port || 5432), timeout: 1_000 });
    const end = (reached) => () => {
      socket.destroy();
      resolve(reached);
    };
    socket.once("connect", end(true)).once("error", end(false)).once("timeout", end(false));
  });
}
