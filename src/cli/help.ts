import type { Command } from "./command.ts";

/** All commands, a line each. */
export function toOverview(commands: readonly Command[]): string {
  const lines = [
    ...commands.map((command) => [toForm(command), command.summary]),
    ["help [command]", "print this, or all about one command"],
    ["version", "print the version"],
  ];
  return `a2a-chat-bridge: a chat thread talks to a remote A2A agent and never loses a word

  npm start -- [command] [options]

${toColumns(lines)}

  Without a command: start where there is a configuration, otherwise demo.
  "help <command>" tells the options of one. Most take --config <file> and --json.

  Exit codes: 0 done, or stopped as asked; 1 it cannot start, run or do what was asked, or was stopped by
  force; 2 the command line is not understood. Other codes belong to one command: see its help.
`;
}

/** All about one command, or about the commands that begin with one word. */
export function toPage(commands: readonly Command[]): string {
  return commands.map(toSection).join("\n");
}

function toSection(command: Command): string {
  const options = Object.entries(command.options).map(([name, { value, short, help }]) => {
    const names = short === undefined ? `--${name}` : `-${short}, --${name}`;
    return [value === undefined ? names : `${names} ${value}`, help];
  });
  const exits = Object.entries({ 0: "done", 1: "it could not be done", 2: "the command line is not understood", ...command.exits });
  return [
    `a2a-chat-bridge ${toForm(command)}${options.length > 0 ? " [options]" : ""}`,
    `\n  ${command.summary}`,
    ...(command.more === undefined ? [] : [`\n${indent(command.more)}`]),
    ...(options.length === 0 ? [] : [`\n${toColumns(options)}`]),
    `\n  ends with\n${toColumns(exits)}\n`,
  ].join("\n");
}

export function toForm({ name, words }: Command): string {
  return [name, ...words].join(" ");
}

const widest = 34;

/** What is too long for the left column has a line of its own. */
function toColumns(lines: readonly (readonly string[])[]): string {
  const width = Math.max(...lines.map(([left = ""]) => left.length).filter((length) => length <= widest), 0);
  return lines
    .map(([left = "", right = ""]) =>
      left.length <= width ? `  ${left.padEnd(width)}  ${right}` : `  ${left}\n  ${" ".repeat(width)}  ${right}`,
    )
    .join("\n");
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}
