import type { CheckReport } from "./check.ts";
import type { Ability, Finding } from "./finding.ts";
import { toPlain } from "./plain.ts";

const names: Readonly<Record<Ability, string>> = {
  stream: "stream",
  blocking: "blocking",
  push: "push",
  memory: "memory",
  get: "tasks/get",
  list: "tasks/list",
  resubscribe: "tasks/resubscribe",
  cancel: "tasks/cancel",
};

/** A report for a terminal. */
export function toText(report: CheckReport): string {
  const parts = [heading(report), ...(report.findings.length > 0 ? [table(report.findings)] : []), ...closing(report)];
  return `${parts.join("\n\n")}\n`;
}

function heading({ name, description, problem, preset }: CheckReport): string {
  if (description === undefined) return `${name}: ${problem}`;
  const { declared, interfaces } = description;
  const offers = interfaces.map(({ version, binding }) => `${version} ${binding}`).join(", ");
  const declares = [declared.streaming && "streaming", declared.push && "push notifications", declared.extendedCard && "an extended card"];
  const facts: readonly (readonly [string, string])[] = [
    ["agent", description.name],
    ["card", `${description.cardUrl ?? "from the configuration or the preset"} (signature: ${description.signature})`],
    ["offers", offers || "nothing that is named"],
    ["spoken", `${description.dialect} at ${description.endpoint}`],
    ["declares", declares.filter((one) => one !== false).join(", ") || "neither streaming nor push notifications"],
    ...(preset === undefined ? [] : [["preset", preset] as const]),
  ];
  return facts.map(([label, value]) => `${label.padEnd(9)} ${toPlain(value)}`).join("\n");
}

function table(findings: readonly Finding[]): string {
  const rows = findings.map(({ ability, declared, real, seen }) => [
    names[ability],
    declared === undefined ? "-" : declared ? "yes" : "no",
    real === "untried" ? "?" : real,
    seen,
  ]);
  const lines = [["what", "declared", "real", "what was seen"], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => toPlain(cell).padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function closing({ messages, notes, yaml, answered, findings }: CheckReport): readonly string[] {
  if (findings.length === 0) return [];
  const asked = messages > 0;
  const sent = asked
    ? `${messages} messages were tried.`
    : 'No message was sent. Allow a harmless one with --yes, or your own with --ask "<question>".';
  const secrets = yaml?.includes("${") ? " What looks like ${NAME} is taken from the environment." : "";
  const policy = yaml === undefined ? [] : [`Put this under \`agents\` in the configuration.${secrets}\n\n${yaml.trimEnd()}`];
  const mute = asked && !answered ? ["It answered in no way that the bridge knows."] : [];
  return [[sent, ...mute, ...notes].map(toPlain).join("\n"), ...policy];
}
