import { adapterContract } from "./suite.ts";
import { createTeamsWorld } from "./teams-world.ts";

adapterContract("Teams", createTeamsWorld);
