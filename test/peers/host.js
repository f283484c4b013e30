// A peer in a process of its own: it prints one line, `listening <url>`, and ends when its standard input does.
import { once } from "node:events";
import { createServer } from "node:http";

/** Serves what `create` makes for the port, which a card must name before anything is asked. */
export async function host(create) {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  const app = await create({ host: "127.0.0.1", port, origin: `http://127.0.0.1:${port}` });
  server.on("request", app);
  process.stdin.on("end", () => process.exit(0)).resume();
  process.stdout.write(`listening http://127.0.0.1:${port}\n`);
}
