import { createSlackWorld } from "./slack-world.ts";
import { adapterContract } from "./suite.ts";

adapterContract("Slack", createSlackWorld);
