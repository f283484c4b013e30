import { readFile, stat } from "node:fs/promises";
import { type Log, toSafeWords } from "../log.ts";
import { type Accounts, parseAccount, toAccountText, type Vouched } from "../model/account.ts";
import type { Clock } from "../model/clock.ts";
import { ConfigError } from "../model/errors.ts";
import { readIdentities } from "./read.ts";

export interface AccountsOptions {
  /** `identity.map` of the configuration, checked. */
  readonly map: Readonly<Record<string, string>>;
  /** `identity.mapFile`. */
  readonly file: string | undefined;
  readonly log: Log;
  readonly clock: Clock;
}

/** Whom the admin vouches for, now. */
export interface KeptAccounts extends Accounts {
  /** Reads the file again whenever it has changed, until the signal. A version that cannot be used changes nothing, and is told in the log. */
  keep(signal: AbortSignal): Promise<void>;
}

/** Between two looks at the file. What has changed is read when it looks the same twice, so that nothing half written is believed. */
const lookMs = 2_000;

/**
 * Joins the identities of the configuration and of the file. Rejects with a ConfigError when the file cannot be read or used.
 * People who link their accounts themselves would be one more source here: `nameOf` asks it where the admin says nothing.
 */
export async function openAccounts({ map, file, log, clock }: AccountsOptions): Promise<KeptAccounts> {
  const own = Object.entries(map).flatMap(([key, name]) => toVouched(key, name));
  if (file === undefined) {
    const names = toNames(own);
    return { nameOf: (account) => find(names, account), keep: async () => undefined };
  }
  const read = async () => readIdentities(file, await readText(file), own);
  let known = await look(file);
  let names = toNames([...own, ...(await read())]);
  log.info({ file, accounts: names.size }, "identities were read");

  async function again(): Promise<void> {
    try {
      names = toNames([...own, ...(await read())]);
      log.info({ file, accounts: names.size }, "identities were read again");
    } catch (err) {
      log.error({ file, err }, "the new version of the identities cannot be used; the one before stays in force");
    }
  }

  return {
    nameOf: (account) => find(names, account),
    async keep(signal) {
      let before = known;
      while (!signal.aborted) {
        await clock.sleep(lookMs, signal);
        const now = await look(file);
        if (now !== known && now === before && !signal.aborted) {
          known = now;
          await again();
        }
        before = now;
      }
    },
  };
}

function toVouched(key: string, userPrincipalName: string): readonly Vouched[] {
  const account = parseAccount(key);
  return typeof account === "string" ? [] : [{ account, userPrincipalName, where: `identity.map.${key}` }];
}

type Names = ReadonlyMap<string, string>;

function toNames(all: readonly Vouched[]): Names {
  return new Map(all.map(({ account, userPrincipalName }) => [toAccountText(account), userPrincipalName]));
}

/** What is said of this very workspace counts more than what is said of all. */
function find(names: Names, account: Parameters<Accounts["nameOf"]>[0]): string | undefined {
  return names.get(toAccountText(account)) ?? names.get(toAccountText({ ...account, workspace: "*" }));
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (err) {
    throw new ConfigError(`${file} (identity.mapFile) cannot be read: ${toSafeWords(err)}`, { cause: err });
  }
}

/** What tells one version of the file from another. A file that is gone is a version, too. */
async function look(file: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(file);
    return `${mtimeMs} ${size} ${ino}`;
  } catch (err) {
    return `gone: ${toSafeWords(err)}`;
  }
}
