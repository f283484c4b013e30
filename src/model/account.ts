/** Somebody's account on a chat platform. `*` as workspace: wherever this person is met. */
export interface Account {
  readonly platform: string;
  readonly workspace: string;
  readonly user: string;
}

/** What an admin says of one account, and where it is written down: `line 3` or a key of the configuration. */
export interface Vouched {
  readonly account: Account;
  readonly userPrincipalName: string;
  readonly where: string;
}

/** Who knows whose accounts are whose, beside the platforms themselves. */
export interface Accounts {
  /** The user principal name of an account, or undefined: nobody vouches for it. */
  nameOf(account: Account): string | undefined;
}

/** What ids look like on each platform, so that a slip is found before somebody misses an identity. */
const forms: Readonly<Record<string, { readonly workspace: RegExp; readonly user: RegExp; readonly example: string }>> = {
  slack: { workspace: /^[TE][A-Z0-9]+$/, user: /^[UW][A-Z0-9]+$/, example: "slack:T024BE7LD:U023BECGF" },
  teams: {
    workspace: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    user: /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|29:\S+)$/,
    example: "teams:<tenant id>:<Entra object id>",
  },
  discord: { workspace: /^\d{17,20}$/, user: /^\d{17,20}$/, example: "discord:*:80351110224678912" },
};

export const accountForm = "<platform>:<workspace or *>:<user id>";

/**
 * Reads `<platform>:<workspace or *>:<user id>`; ids may hold colons themselves. A text is what is wrong with it: fit for a log, for it
 * repeats nothing that may be somebody's name or address.
 */
export function parseAccount(text: string): Account | string {
  const [platform = "", workspace = "", ...rest] = text.split(":");
  const user = rest.join(":");
  if (user === "") return `the account is not of the form ${accountForm}`;
  const form = Object.hasOwn(forms, platform) ? forms[platform] : undefined;
  if (form === undefined) return `the platform is none of ${Object.keys(forms).join(", ")}`;
  const bad = !form.user.test(user) ? "user" : workspace !== "*" && !form.workspace.test(workspace) ? "workspace" : undefined;
  return bad === undefined ? { platform, workspace, user } : `the ${bad} is not an id of ${platform}; write it like ${form.example}`;
}

export function toAccountText({ platform, workspace, user }: Account): string {
  return `${platform}:${workspace}:${user}`;
}

/** Whether a text can be a user principal name: something, an at sign, a domain. */
export function isPrincipalName(text: string): boolean {
  return /^[^\s@,;"]+@[^\s@,;"]+$/.test(text);
}

/**
 * What contradicts what: an account is written down once, and a person has one account in a workspace. What is said of one workspace may
 * differ from what is said of all; it counts more. Each is told with both places, and without anybody's name.
 */
export function findClashes(all: readonly Vouched[]): readonly { readonly where: string; readonly problem: string }[] {
  const byAccount = new Map<string, Vouched>();
  const byName = new Map<string, Vouched[]>();
  return all.flatMap((one) => {
    const { account, userPrincipalName: name, where } = one;
    const text = toAccountText(account);
    const same = byAccount.get(text);
    if (same) return [{ where, problem: `${text} is named already in ${same.where}` }];
    byAccount.set(text, one);
    const key = `${account.platform} ${name.toLowerCase()}`;
    const namesakes = byName.get(key) ?? [];
    byName.set(key, [...namesakes, one]);
    const twin = namesakes.find((other) => other.account.user !== account.user && overlap(other.account, account));
    return twin ? [{ where, problem: `the person of ${text} is ${toAccountText(twin.account)} already in ${twin.where}` }] : [];
  });
}

function overlap(a: Account, b: Account): boolean {
  return a.workspace === b.workspace || a.workspace === "*" || b.workspace === "*";
}
