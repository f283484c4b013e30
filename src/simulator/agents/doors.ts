import express, { type Express, type RequestHandler } from "express";
import type { Kit } from "./kit.ts";
import { befall } from "./rpc.ts";

/**
 * An app with an agent card, the agent's own routes, and nothing else: who asks for another path does wrong, unless it looks for a
 * card. Calls for the card stand in the books as `card`.
 */
export function createVendorApp(
  kit: Kit,
  parts: {
    readonly cardPath: string;
    readonly card: () => object;
    /** Before the card. Default: it is public. */
    readonly cardGuard?: RequestHandler;
    readonly routes: (app: Express) => void;
  },
): Express {
  const app = express().enable("strict routing").enable("case sensitive routing");
  const open: RequestHandler = (_request, _response, next) => next();
  const note: RequestHandler = (_request, response, next) => {
    kit.books.call("card", kit.clock.now());
    if (!befall({ id: null, response, fault: kit.faults.take("card", false) })) next();
  };
  app.get(parts.cardPath, note, parts.cardGuard ?? open, (_request, response) => void response.json(parts.card()));
  parts.routes(app);
  app.use((request, response) => {
    const what = `${request.method} ${request.path}`;
    kit.books.call(what, kit.clock.now());
    const looks = request.method === "GET" && /\/\.well-known\/agent(-card)?\.json$/.test(request.path);
    if (!looks) kit.books.violation(`${what} is not there`);
    response.status(404).json({ error: "not found" });
  });
  return app;
}
