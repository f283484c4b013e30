// Google's Agent Development Kit, served by its own toA2a (A2A 0.3 over JSON-RPC and HTTP+JSON, without push).
// It answers in pieces, as a model does, and counts the turns of its session; "fail" makes it throw.
import { BaseAgent, createEvent, setLogger, toA2a } from "@google/adk";
import { host } from "./host.js";

class Counting extends BaseAgent {
  async *runAsyncImpl({ invocationId, session, userContent }) {
    const text = userContent?.parts?.[0]?.text;
    if (text === "fail") throw new Error("boom");
    const turns = session.events.filter(({ author }) => author === "user").length;
    const say = (words, partial) =>
      createEvent({ invocationId, author: this.name, partial, content: { role: "model", parts: [{ text: words }] } });
    yield say(`turn ${turns}`, true);
    yield say(`: ${text}`, true);
    yield say(`turn ${turns}: ${text}`, false);
  }

  async *runLiveImpl() {}
}

setLogger(null);
await host(({ host, port }) =>
  toA2a(new Counting({ name: "counting", description: "counts the turns" }), { host, port, allowUnauthenticated: true }),
);
