import type { Switch } from "../page/backstage.ts";
import type { DemoAgents } from "./agents.ts";
import type { DemoBridge } from "./bridge.ts";
import type { DemoPlatform } from "./part.ts";
import type { StoreLock } from "./store-lock.ts";

interface Stage {
  readonly bridge: DemoBridge;
  readonly agents: DemoAgents;
  readonly platforms: readonly DemoPlatform[];
  readonly store: StoreLock;
  /** Somebody should look again. */
  readonly changed: () => void;
}

/** What can go wrong in the demo. */
export function createFaults({ bridge, agents, platforms, store, changed }: Stage): readonly Switch[] {
  const { stop: _, ...all } = agents;
  return [
    {
      id: "restart",
      label: "Kill and restart",
      hint: "kill -9 for the bridge, and a new start at once. What is under way must survive it.",
      async flip() {
        await bridge.kill();
        await bridge.start();
      },
    },
    {
      id: "bridge",
      label: "Bridge dead",
      hint: "kill -9, and no new start until you switch it back. Slack sends again what is written meanwhile, Discord's is read afterwards; Teams sends it once.",
      isOn: () => bridge.state().state === "killed",
      flip: (on) => (on ? bridge.kill() : bridge.start()),
    },
    toggle(changed, {
      id: "agents",
      label: "Agents down",
      hint: "Every connection to an agent is cut, and none is taken.",
      flip: (on) => Promise.all(Object.values(all).map((agent) => (on ? agent.kill() : agent.revive()))),
    }),
    toggle(changed, {
      id: "pushes",
      label: "Pushes late",
      hint: "Agents keep their push notifications to themselves until you switch this back.",
      async flip(on) {
        if (on) {
          agents.worker.hold();
          agents.spark.hold();
        } else {
          agents.spark.release();
          await agents.worker.release();
        }
      },
    }),
    toggle(changed, {
      id: "limits",
      label: "Chats say 429",
      hint: "Every platform answers the bridge that it must wait two seconds.",
      flip: async (on) => {
        for (const platform of platforms) platform.limit(on);
      },
    }),
    toggle(changed, {
      id: "store",
      label: "Store locked",
      hint: "Another program holds the bridge's database: nothing can be committed, so no event is acknowledged, and the chats send them again.",
      flip: async (on) => (on ? store.take() : store.release()),
    }),
  ];
}

function toggle(
  changed: () => void,
  { flip, ...given }: Pick<Switch, "id" | "label" | "hint"> & { flip(on: boolean): Promise<unknown> },
): Switch {
  let on = false;
  return {
    ...given,
    isOn: () => on,
    async flip(wanted) {
      if (wanted === on) return;
      on = wanted;
      await flip(wanted);
      changed();
    },
  };
}
