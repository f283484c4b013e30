import type { Directory } from "../model/adapter.ts";
import type { ThreadRef } from "../model/thread.ts";
import type { Parts } from "./parts.ts";
import { findQuestion, whyNot } from "./question.ts";
import { matches } from "./route.ts";

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
    mayAnswer: async (delivery, thread, author) => whyNot(parts, await findQuestion(parts, delivery), thread, author),
  };
}
