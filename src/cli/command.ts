import type { AdapterParts } from "../adapter-parts.ts";
import type { Environment } from "../config/variables.ts";
import type { Config } from "../config.ts";
import type { Adapter } from "../model/adapter.ts";
import type { ConfigError } from "../model/errors.ts";

/** What runs until it is told to stop. */
export interface Running {
  stop(): Promise<void>;
  /** Resolves when it has to end for a reason that an admin can mend. */
  readonly failed?: Promise<ConfigError>;
}

/** What the process gives to a command. */
export interface Host {
  readonly env: Environment;
  /** The result, and nothing else. */
  readonly out: (text: string) => void;
  /** What is going on. */
  readonly err: (text: string) => void;
  /** From now on Ctrl+C and SIGTERM abort this signal; they do not end the process. */
  readonly stopping: () => AbortSignal;
  /** Runs the bridge of this configuration file, or of the usual one. Throws ConfigError. */
  readonly bridge: (path: string | undefined) => Promise<Running>;
  /** The adapters of the platforms that are configured, not started. */
  readonly adapters: (config: Config, parts: AdapterParts) => Promise<readonly Adapter[]>;
  readonly demo: (options: { readonly port: number; readonly json: boolean }) => Promise<Running>;
}

/** One option. The same name has the same shape in every command (a test looks). */
export interface Option {
  /** What stands behind the name, such as `<file>`; absent: nothing, the option is a switch. */
  readonly value?: string;
  readonly short?: string;
  readonly help: string;
}

/** What stands on the command line behind the name of the command. */
export interface Given<Name extends string> {
  readonly words: readonly string[];
  readonly env: Environment;
  text(name: Name): string | undefined;
  flag(name: Name): boolean;
}

/** A command that was understood. */
export interface Ready {
  readonly name: string;
  /** What is asked, as plain values. */
  readonly request: unknown;
  /** Resolves to the exit code, or to what goes on. Throws ConfigError, and whatever cannot be foreseen. */
  run(host: Host): Promise<number | Running>;
}

/** One entry of the command line. */
export interface Command {
  /** One word, or two: `start`, `agents check`. */
  readonly name: string;
  /** The words behind it, as help shows them: `<name or url>`. In brackets: optional; with `...`: one or more. */
  readonly words: readonly string[];
  /** One line. */
  readonly summary: string;
  readonly options: Readonly<Record<string, Option>>;
  /** More for its own page of help, in lines of up to 100 characters. */
  readonly more?: string;
  /** What its exit codes mean, where they say more than the usual. */
  readonly exits?: Readonly<Record<number, string>>;
  /** Resolves to why it is not understood, as a text. */
  parse(given: Given<string>): Ready | string;
}

interface Spec<Name extends string, Request> extends Omit<Command, "options" | "parse"> {
  readonly options: Readonly<Record<Name, Option>>;
  /** A text says why it is not understood. It throws nothing and opens nothing. */
  parse(given: Given<Name>): Request | string;
  run(request: Request, host: Host): Promise<number | Running>;
}

/** Makes a command of its parts. `Request` must not be a text. */
export function defineCommand<Name extends string, Request extends object>(spec: Spec<Name, Request>): Command {
  const { parse, run, ...shown } = spec;
  return {
    ...shown,
    parse(given) {
      const request = parse(given);
      return typeof request === "string" ? request : { name: spec.name, request, run: (host) => run(request, host) };
    },
  };
}

/** The options that most commands have. */
export const configOption: Option = {
  value: "<file>",
  short: "c",
  help: "the configuration; otherwise BRIDGE_CONFIG, or bridge.config.yaml",
};
export const jsonOption: Option = { help: "print JSON" };

/** The configuration that is named, by the option or by the environment. */
export function namedConfig(given: Given<"config">): { readonly path?: string } {
  const path = given.text("config") ?? (given.env.BRIDGE_CONFIG || undefined);
  return path === undefined ? {} : { path };
}

export function toJsonText(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
