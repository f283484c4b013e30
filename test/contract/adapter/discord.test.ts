import { createDiscordWorld } from "./discord-world.ts";
import { adapterContract } from "./suite.ts";

adapterContract("Discord", createDiscordWorld);
