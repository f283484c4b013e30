// The test entry: `npm test`, with jest's own arguments passed through (`npm test -- test/path`).
import { spawn } from "node:child_process";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(`The tests need Node 22.19 or newer, and this is ${process.version}. Run them with npm test.`);
  process.exit(1);
}

const postgres = new URL(process.env.TEST_POSTGRES_URL ?? "postgres://root@127.0.0.1:5432/test");
const answers = await new Promise((resolve) => {
  const socket = connect({ host: postgres.hostname, port: Number(postgres.port || 5432), timeout: 1_000 });
  const end = (reached) => () => {
    socket.destroy();
    resolve(reached);
  };
  socket.once("connect", end(true)).once("error", end(false)).once("timeout", end(false));
});
if (!answers && process.env.REQUIRE_POSTGRES === "1") {
  console.error(`REQUIRE_POSTGRES is set, and there is no PostgreSQL at ${postgres.host}.`);
  process.exit(1);
}
if (!answers) console.log(`Skipped: the ledger on PostgreSQL (none at ${postgres.host}; TEST_POSTGRES_URL names another).`);

const flags = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"];
const jest = fileURLToPath(new URL("../node_modules/jest/bin/jest.js", import.meta.url));
const run = spawn(process.execPath, [...flags, jest, ...process.argv.slice(2)], {
  stdio: "inherit",
  cwd: fileURLToPath(new URL("..", import.meta.url)),
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => run.kill(signal));
run.on("close", (code) => process.exit(code ?? 1));
