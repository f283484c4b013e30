import { z } from "zod";
import type { Done, Platform, PlatformAct, StoredFile } from "./platform.ts";

const id = z.string().min(1).max(300);
const text = z.string().trim().max(40_000);
const inputs = z.record(id, z.string().max(10_000));
const act = { platform: id, user: id };

/** What a person at the page can do. Files are named by what `POST /api/upload` gave for them. */
export const actSchema = z.discriminatedUnion("kind", [
  z
    .strictObject({ ...act, kind: z.literal("say"), room: id, text, thread: id.optional(), files: z.array(id).max(10).default([]) })
    .refine((said) => said.text !== "" || said.files.length > 0, "there is nothing to send"),
  z.strictObject({ ...act, kind: z.literal("edit"), room: id, message: id, text: text.min(1) }),
  z.strictObject({ ...act, kind: z.literal("remove"), room: id, message: id }),
  z.strictObject({ ...act, kind: z.literal("click"), room: id, message: id, button: id, inputs: inputs.default({}) }),
  z.strictObject({ ...act, kind: z.literal("stop"), room: id, thread: id.optional() }),
  z.strictObject({ ...act, kind: z.literal("submit"), dialog: id, inputs: inputs.optional() }),
]);

type PageAct = z.infer<typeof actSchema>;

interface Stage {
  readonly platforms: readonly Platform[];
  /** The files that were uploaded under these names. Throws when one is not there. */
  take(files: readonly string[]): readonly StoredFile[];
}

/** Does it. `trouble` hears later when the bridge did not take the event. Throws, in words for the person, when they could not do this. */
export async function perform({ platforms, take }: Stage, asked: PageAct, trouble: (words: string) => void): Promise<Done> {
  const platform = platforms.find(({ id }) => id === asked.platform);
  if (platform === undefined) throw new Error(`there is no platform ${asked.platform}`);
  if (!platform.people().some((person) => person.id === asked.user)) throw new Error(`there is no person ${asked.user}`);
  return platform.act(toPlatformAct(asked, take), trouble);
}

function toPlatformAct(asked: PageAct, take: Stage["take"]): PlatformAct {
  switch (asked.kind) {
    case "say":
      return { ...asked, thread: asked.thread, files: take(asked.files) };
    case "stop":
      return { ...asked, thread: asked.thread };
    case "submit":
      return { ...asked, inputs: asked.inputs };
    default:
      return asked;
  }
}
