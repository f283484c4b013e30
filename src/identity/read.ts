import { accountForm, findClashes, isPrincipalName, parseAccount, type Vouched } from "../model/account.ts";
import { ConfigError } from "../model/errors.ts";

const lineForm = `${accountForm},<userPrincipalName>`;
const mostProblems = 20;

/**
 * Reads the file of identities, one account a line: `<platform>:<workspace or *>:<user id>,<userPrincipalName>`. Empty lines, lines that begin
 * with # and a heading are left out. `others` are known from elsewhere and must not contradict. Throws a ConfigError that names each bad line.
 */
export function readIdentities(source: string, text: string, others: readonly Vouched[]): readonly Vouched[] {
  const problems: string[] = [];
  const entries: Vouched[] = [];
  for (const [at, line] of text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    const where = `line ${at + 1}`;
    const read = readLine(line.trim(), where);
    if (typeof read === "string") problems.push(`${where}: ${read}`);
    else if (read !== undefined) entries.push(read);
  }
  problems.push(...findClashes([...others, ...entries]).map(({ where, problem }) => `${where}: ${problem}`));
  if (problems.length > 0) throw new ConfigError(toWords(source, problems));
  return entries;
}

/** What a line says; undefined when it says nothing, a text when it is wrong. */
function readLine(line: string, where: string): Vouched | string | undefined {
  if (line === "" || line.startsWith("#") || /^account\s*,\s*userPrincipalName$/i.test(line)) return undefined;
  const [key, name, ...more] = line.split(",").map(unquote);
  if (key === undefined || name === undefined || more.length > 0) return `is not of the form ${lineForm}`;
  const account = parseAccount(key);
  if (typeof account === "string") return account;
  if (!isPrincipalName(name)) return "what follows the comma is not a user principal name such as ann@example.com";
  return { account, userPrincipalName: name, where };
}

function unquote(value: string): string {
  return value
    .trim()
    .replace(/^"(.*)"$/, "$1")
    .trim();
}

function toWords(source: string, problems: readonly string[]): string {
  const shown = problems.slice(0, mostProblems).map((problem) => `  - ${problem}.`);
  const more = problems.length > mostProblems ? [`  - and ${problems.length - mostProblems} more.`] : [];
  return [`${source} cannot be used:`, ...shown, ...more].join("\n");
}
