import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { CompiledQuery, SqliteStatement } from "kysely";
import type { Clock } from "../model/clock.ts";

/** SQLite's own limit is far away; this only keeps statements with varying lists from piling up. */
const maxStatements = 300;

/** Stands in a query for the time at which it runs. */
export const now = Object.freeze({ what: "the ledger's time" });

/** Prepared statements of one connection. */
export interface Statements {
  /** For Kysely, which prepares at every query: statements are kept by their text, the latest used ones. */
  prepare(text: string): SqliteStatement;
  /** What runs a query at once. */
  toRun<Result>(query: CompiledQuery<Result>): (parameters: readonly unknown[]) => readonly Result[];
}

export function createStatements(database: DatabaseSync, clock: Clock): Statements {
  const kept = new Map<string, Kept>();
  const toInput = (value: unknown): SQLInputValue => {
    if (value === now) return clock.now();
    if (value === null || typeof value === "number" || typeof value === "string" || typeof value === "bigint") return value;
    throw new TypeError(`a ${typeof value} cannot be stored`);
  };
  const find = (text: string): Kept => {
    const statement = kept.get(text) ?? toKept(database.prepare(text));
    kept.delete(text);
    kept.set(text, statement);
    const oldest = kept.keys().next();
    if (kept.size > maxStatements && !oldest.done) kept.delete(oldest.value);
    return statement;
  };
  return {
    prepare(text) {
      const { statement, reader } = find(text);
      return {
        reader,
        all: (parameters) => statement.all(...parameters.map(toInput)),
        run: (parameters) => statement.run(...parameters.map(toInput)),
        iterate: (parameters) => statement.iterate(...parameters.map(toInput)),
      };
    },
    toRun<Result>({ sql }: CompiledQuery<Result>) {
      const { statement, reader } = toKept(database.prepare(sql));
      return (parameters: readonly unknown[]) => {
        const inputs = parameters.map(toInput);
        // biome-ignore lint/plugin: the query says what its rows are
        if (reader) return statement.all(...inputs) as Result[];
        statement.run(...inputs);
        return [];
      };
    },
  };
}

interface Kept {
  readonly statement: StatementSync;
  /** Whether it gives rows. */
  readonly reader: boolean;
}

function toKept(statement: StatementSync): Kept {
  return { statement, reader: statement.columns().length > 0 };
}
