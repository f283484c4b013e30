import type { RequestListener } from "node:http";
import { AgentCard } from "@a2a-js/sdk";
import { DefaultRequestHandler, InMemoryTaskStore } from "@a2a-js/sdk/server";
import { agentCardHandler, jsonRpcHandler, restHandler } from "@a2a-js/sdk/server/express";
import { afterEach, expect, test } from "@jest/globals";
import type { AgentCard as AgentCard03 } from "a2a-sdk-03";
import { DefaultRequestHandler as Handler03, InMemoryTaskStore as TaskStore03 } from "a2a-sdk-03/server";
import { agentCardHandler as cardHandler03, restHandler as restHandler03, jsonRpcHandler as rpcHandler03 } from "a2a-sdk-03/server/express";
import express, { type RequestHandler } from "express";
import type { AgentConfig } from "../../../src/agents/config.ts";
import { clientFor, type Listening, listen, never } from "./support.ts";

let server: Listening | undefined;
afterEach(() => server?.close());

const nothing = { execute: async () => undefined, cancelTask: async () => undefined };
const skill = (name: string) => ({ id: name, name, description: "", tags: ["t"] });
/** As it shows itself to everybody, and to those it knows. */
const skills = { public: [skill("talk")], known: [skill("talk"), skill("secrets")] };
const facts = { name: "known", description: "", version: "1", defaultInputModes: ["text/plain"], defaultOutputModes: ["text/plain"] };

/** Lets in whoever shows the token; the card is public. */
const guarded: RequestHandler = (request, response, next) => {
  if (request.headers.authorization === "Bearer t0ken") next();
  else response.status(401).end();
};

function app10(origin: string, binding: string) {
  const supportedInterfaces = [
    { url: `${origin}/${binding === "JSONRPC" ? "rpc" : "rest"}`, protocolBinding: binding, protocolVersion: "1.0" },
  ];
  const card = (which: keyof typeof skills) =>
    AgentCard.fromJSON({
      ...facts,
      supportedInterfaces,
      capabilities: { streaming: true, extendedAgentCard: true },
      skills: skills[which],
    });
  const store = new InMemoryTaskStore();
  const requestHandler = new DefaultRequestHandler(card("public"), store, nothing, undefined, undefined, undefined, card("known"));
  const common = { requestHandler, userBuilder: async () => ({ isAuthenticated: true, userName: "bridge" }) };
  const app = express();
  app.use("/.well-known/agent-card.json", agentCardHandler({ agentCardProvider: requestHandler }));
  app.use("/rpc", guarded, jsonRpcHandler(common));
  app.use("/rest", guarded, restHandler(common));
  return app;
}

function app03(origin: string, binding: string) {
  const card = (which: keyof typeof skills): AgentCard03 => ({
    ...facts,
    protocolVersion: "0.3.0",
    url: `${origin}/${binding === "JSONRPC" ? "rpc" : "rest"}`,
    preferredTransport: binding,
    capabilities: { streaming: true },
    supportsAuthenticatedExtendedCard: true,
    skills: skills[which],
  });
  const requestHandler = new Handler03(card("public"), new TaskStore03(), nothing, undefined, undefined, undefined, card("known"));
  const common = { requestHandler, userBuilder: async () => ({ isAuthenticated: true, userName: "bridge" }) };
  const app = express();
  app.use("/.well-known/agent-card.json", cardHandler03({ agentCardProvider: requestHandler }));
  app.use("/rpc", guarded, rpcHandler03(common));
  app.use("/rest", guarded, restHandler03(common));
  return app;
}

const systems = [
  { name: "1.0 JSON-RPC", binding: "JSONRPC", app: app10 },
  { name: "1.0 HTTP+JSON", binding: "HTTP+JSON", app: app10 },
  { name: "0.3 JSON-RPC", binding: "JSONRPC", app: app03 },
  { name: "0.3 HTTP+JSON", binding: "HTTP+JSON", app: app03 },
];

async function start(app: (origin: string, binding: string) => RequestListener, binding: string) {
  server = await listen((origin) => {
    let ready: RequestListener | undefined;
    return (request, response) => {
      ready ??= app(origin(), binding);
      ready(request, response);
    };
  });
  return server.origin;
}

const bearer = { type: "bearer", token: "t0ken" } as const;

test.each(systems)("an agent of $name shows more of itself to those it knows", async ({ app, binding }) => {
  const url = await start(app, binding);
  const known = await clientFor({ url, auth: bearer }).describe(never);
  const stranger = await clientFor({ url }).describe(never);

  expect(known).toMatchObject({ extended: true, declared: { extendedCard: true }, endpoint: expect.stringContaining(url) });
  expect(known.skills.map(({ name }) => name)).toEqual(["talk", "secrets"]);
  expect(stranger).toMatchObject({ extended: false });
  expect(stranger.skills.map(({ name }) => name)).toEqual(["talk"]);
});

test.each(systems)("an agent of $name that does not know the bridge is used as it shows itself to all", async ({ app, binding }) => {
  const url = await start(app, binding);
  const auth: AgentConfig["auth"] = { type: "bearer", token: "another" };
  expect(await clientFor({ url, auth }).describe(never)).toMatchObject({ extended: false, dialect: expect.any(String) });
});

test("an agent that declares such a card and has none is used as it shows itself to all", async () => {
  server = await listen((origin) => async (request, response) => {
    const { id } = JSON.parse(Buffer.concat(await request.toArray()).toString("utf8") || "{}");
    const card = {
      ...facts,
      url: `${origin()}/rpc`,
      protocolVersion: "0.3.0",
      supportsAuthenticatedExtendedCard: true,
      skills: skills.public,
    };
    const error = { jsonrpc: "2.0", id, error: { code: -32007, message: "none" } };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(request.url === "/rpc" ? error : card));
  });
  const found = await clientFor({ url: server.origin, auth: bearer }).describe(never);
  expect(found).toMatchObject({ extended: false, skills: [{ name: "talk" }] });
});
