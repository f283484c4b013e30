#!/usr/bin/env node
// Plain JavaScript, and no static import: older versions of Node must get as far as this message.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(`a2a-chat-bridge needs Node 22.19 or newer, and this is ${process.version}.`);
  console.error("Start it with npm (npm start, or npm start -- <command>): on Linux and Windows npm ci has installed a Node that fits.");
  process.exit(1);
}
// What is compiled at a start is kept for the next one, which then needs no TypeScript compiler: 16 MB less for as long as it runs. Where the
// folder cannot be written everything is compiled anew. NODE_COMPILE_CACHE names another folder.
const { enableCompileCache } = await import("node:module");
enableCompileCache(`${import.meta.dirname}/../node_modules/.cache/compiled`);
const { main } = await import("./main.ts");
await main(process.argv.slice(2));
