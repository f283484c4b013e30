import type { Directory } from "../model/adapter.ts";
import { type ThreadRef, threadKey } from "../model/thread.ts";
import { findFile } from "./bring.ts";
import * as notices from "./notices.ts";
import type { Parts } from "./parts.ts";
import { identifyAuthor, toRefusal } from "./person.ts";
import { findQuestion, whyNot } from "./question.ts";
import { matches, toRoute } from "./route.ts";

/** What adapters may look up: by the ledger and the configuration, and without a commit. */
export function createDirectory(parts: Parts): Directory {
  return {
    agents: (thread: ThreadRef) => [...new Set(parts.routes.filter((route) => matches(route, thread)).map(({ agent }) => agent))],
    async question(delivery) {
      const question = await findQuestion(parts, delivery);
      if (!question) return undefined;
      const { thread, task, reply } = question;
      const open = (await whyNot(parts, question, thread, task.asker)) === undefined;
      return { thread, choices: reply.choices ?? [], open };
    },
    async whoami(thread, author, signal) {
      const known = await parts.conversations.get(threadKey(thread));
      const client = parts.agents.get(known?.agent ?? "") ?? parts.agents.get(toRoute(parts.routes, thread)?.agent ?? "");
      if (!client) return notices.toldNobody;
      const question = { kind: "command", word: "status", id: `whoami:${author.id}`, thread, author, at: parts.clock.now() } as const;
      const verdict = await identifyAuthor(parts, question, client.policy.identity, signal);
      if (verdict.kind === "allowed") return notices.told(client.name, Object.entries(verdict.metadata));
      return toRefusal(parts, thread, verdict, "whoami")?.text ?? notices.toldNobody;
    },
    file: (delivery, thread) => findFile(parts.ledger, delivery, thread),
    mayAnswer: async (delivery, thread, author) => whyNot(parts, await findQuestion(parts, delivery), thread, author),
  };
}
