import { createSlackWorld } from "./slack-world.ts";
import { adapterContract } from "./suite.ts";

// What is not acknowledged is not waited for as long as Slack does.
adapterContract("Slack Socket Mode", () => createSlackWorld({ slack: { socketMode: true, answerMs: 500 } }));
