import { defineCommand } from "./command.ts";

export const demo = defineCommand({
  name: "demo",
  words: [],
  summary: "run the bridge with simulated platforms and agents, and a page to try them",
  options: {
    port: { value: "<number>", help: "the port of the page; otherwise a free one" },
    json: { help: "print where everything is as one line of JSON" },
  },
  more: "Needs no configuration, no account and no network. Nothing stays when it ends.",
  parse(given) {
    const port = given.text("port") ?? "0";
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) return `--port ${port} is not a port`;
    return { port: Number(port), json: given.flag("json") };
  },
  run: (options, host) => host.demo(options),
});
