import type { Party } from "./parties.ts";
import type { Scene } from "./scene.ts";

/** A thread as its person wrote it: the first message is the root. It grows while the person speaks. */
export interface Talk {
  readonly party: Party;
  readonly messages: readonly { readonly ts: string; readonly text: string }[];
}

export const messagesEach = 4;

/** One thread with each agent, four messages each. `taken` resolves when the bridge has acknowledged all of them, to what it did not. */
export function speakEverywhere(scene: Scene): { readonly talks: readonly Talk[]; readonly taken: Promise<readonly string[]> } {
  const talks = scene.parties.map((party) => ({ party, messages: [] as { ts: string; text: string }[] }));
  const spoken = talks.map(({ party, messages }) => speak(scene, party, messages));
  return { talks, taken: Promise.all(spoken).then((faults) => faults.flat()) };
}

/** A person who says the next thing once the last was taken: what Slack delivers at the same time comes in any order. */
async function speak({ slack }: Scene, { name, channel }: Party, messages: { ts: string; text: string }[]): Promise<readonly string[]> {
  const faults: string[] = [];
  for (let number = 1; number <= messagesEach; number += 1) {
    const text = `question ${name}.${number}`;
    const [root] = messages;
    const where = root ? { text, threadTs: root.ts } : { text: `<@UBOT> ${text}` };
    const { ts, delivered } = await slack.say({ channel, user: "UANN", ...where });
    messages.push({ ts, text });
    for (const { type, statuses } of await delivered)
      if (statuses.at(-1) !== 200) faults.push(`Slack gave up the event ${type} of "${text}" after ${statuses.length} attempts`);
  }
  return faults;
}
