import { AgentError } from "../model/errors.ts";

const maxDepth = 64;
const maxValues = 150_000;

/**
 * JSON of a stranger. Undefined when it is no JSON. Throws AgentError `protocol` when it is nested too deep or has too many values: it is
 * looked at before it is parsed, since a few megabytes of brackets would become a gigabyte of objects.
 */
export function parseBounded(text: string): unknown {
  if (!isModest(text)) throw excessive();
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a web page, an empty body: the caller decides what that means
  }
}

/** Whether a parsed value is within the same limits. Walks without recursion, so that a hostile depth cannot exhaust the stack. */
export function isWithinBounds(body: unknown): boolean {
  const open: { readonly value: unknown; readonly depth: number }[] = [{ value: body, depth: 0 }];
  let seen = 0;
  for (let next = open.pop(); next; next = open.pop()) {
    seen += 1;
    if (seen > maxValues || next.depth > maxDepth) return false;
    if (typeof next.value !== "object" || next.value === null) continue;
    for (const value of Object.values(next.value)) open.push({ value, depth: next.depth + 1 });
  }
  return true;
}

function excessive(): AgentError {
  return new AgentError("protocol", "the answer is nested too deep or has too many values", {
    explanation: "The agent's answer is too complex to be read safely.",
  });
}

/** Counts brackets and commas outside of strings: every value but the first of a list or object follows one. */
function isModest(text: string): boolean {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < text.length; at += 1) {
    switch (text[at]) {
      case '"':
        at = endOfString(text, at);
        break;
      case "[":
      case "{":
        depth += 1;
        values += 1;
        break;
      case "]":
      case "}":
        depth -= 1;
        break;
      case ",":
        values += 1;
        break;
    }
    if (depth > maxDepth || values > maxValues) return false;
  }
  return true;
}

/** The place of the closing quote: the next one that no odd run of backslashes escapes. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text[at - 1 - escapes] === "\\") escapes += 1;
    if (escapes % 2 === 0) return at;
  }
  return text.length;
}
