import { writeFile } from "node:fs/promises";
import { toConfigJsonSchema } from "../config/json-schema.ts";
import { defineCommand, toJsonText } from "./command.ts";

export const schema = defineCommand({
  name: "schema",
  words: [],
  summary: "print the JSON Schema of the configuration",
  options: { out: { value: "<file>", help: "write it there instead" } },
  parse(given): { readonly out?: string } {
    const out = given.text("out");
    return out === undefined ? {} : { out };
  },
  async run({ out }, host) {
    const text = toJsonText(toConfigJsonSchema());
    if (out === undefined) host.out(text);
    else await writeFile(out, text);
    return 0;
  },
});
