import { type CompiledQuery, type Kysely, type RawBuilder, sql } from "kysely";
import type { Engine } from "./engine.ts";
import type { Schema } from "./schema.ts";

/** Stands in a compiled query for a value that every run brings anew. */
class Slot {
  readonly index: number;
  readonly name: string;
  constructor(index: number, name: string) {
    this.index = index;
    this.name = name;
  }
}

/** A value that comes with each run. */
export type Arg<Args> = <Name extends keyof Args & string>(name: Name) => RawBuilder<Args[Name]>;

interface Around {
  readonly engine: Engine;
  readonly db: Kysely<Schema>;
}

/** What a statement is built from. */
export interface Build<Args> extends Around {
  readonly arg: Arg<Args>;
}

/** Runs the statement in `db`, which may be a transaction. */
export type Statement<Args, Result> = (engine: Engine, db: Kysely<Schema>, args: Args) => Promise<readonly Result[]>;

/**
 * A query of the message path: built and compiled once for each engine, for Kysely spends more on the building of a query than SQLite on its
 * work. Everything that is asked less often is written with Kysely where it is needed.
 */
export function createStatement<Args, Result = unknown>(build: (parts: Build<Args>) => CompiledQuery<Result>): Statement<Args, Result> {
  const many = createMany<Args, Result>(({ engine, db, args }) => build({ engine, db, arg: only(args) }));
  return (engine, db, args) => many(engine, db, [args]);
}

/** The same with a list of values, and one query for each length of it: keep the list short (`Engine.chunk`). */
export function createMany<Args, Result = unknown>(
  build: (parts: Around & { readonly args: readonly Arg<Args>[] }) => CompiledQuery<Result>,
): Statement<readonly Args[], Result> {
  const compiled = new WeakMap<Engine, Map<number, CompiledQuery<Result>>>();
  const compile = (engine: Engine, count: number): CompiledQuery<Result> => {
    const args = Array.from(
      { length: count },
      (_, index): Arg<Args> =>
        (name) =>
          sql`${new Slot(index, name)}`,
    );
    return build({ engine, db: engine.db, args });
  };
  return (engine, db, values) => {
    const ofEngine = compiled.get(engine) ?? new Map<number, CompiledQuery<Result>>();
    const query = ofEngine.get(values.length) ?? compile(engine, values.length);
    compiled.set(engine, ofEngine.set(values.length, query));
    return engine.execute(db, { ...query, parameters: query.parameters.map((parameter) => fill(parameter, values)) });
  };
}

function only<Args>([arg]: readonly Arg<Args>[]): Arg<Args> {
  if (!arg) throw new Error("a statement without its arguments");
  return arg;
}

function fill<Args>(parameter: unknown, values: readonly Args[]): unknown {
  // biome-ignore lint/plugin: `arg` has made the slot from a key of these values
  return parameter instanceof Slot ? values[parameter.index]?.[parameter.name as keyof Args] : parameter;
}
