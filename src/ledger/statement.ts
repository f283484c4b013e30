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
  const compiled = new WeakMap<Engine, Map<number, Run<Args, Result>>>();
  return (engine, db, values) => {
    const ofEngine = compiled.get(engine) ?? new Map<number, Run<Args, Result>>();
    const known = ofEngine.get(values.length);
    if (known) return known(db, values);
    const run = toRun<Args, Result>(engine, build({ engine, db: engine.db, args: toArgs(values.length) }));
    compiled.set(engine, ofEngine.set(values.length, run));
    return run(db, values);
  };
}

type Run<Args, Result> = (db: Kysely<Schema>, values: readonly Args[]) => Promise<readonly Result[]>;

function toRun<Args, Result>(engine: Engine, query: CompiledQuery<Result>): Run<Args, Result> {
  const run = engine.prepare(query);
  return (db, values) => {
    const parameters = query.parameters.map((parameter) => fill(parameter, values));
    return run(db, parameters);
  };
}

function toArgs<Args>(count: number): readonly Arg<Args>[] {
  return Array.from(
    { length: count },
    (_, index): Arg<Args> =>
      (name) =>
        toSlot(index, name),
  );
}

function toSlot<Value>(index: number, name: string): RawBuilder<Value> {
  return sql<Value>`${new Slot(index, name)}`;
}

function only<Args>([arg]: readonly Arg<Args>[]): Arg<Args> {
  if (!arg) throw new Error("a statement without its arguments");
  return arg;
}

function fill<Args>(parameter: unknown, values: readonly Args[]): unknown {
  // biome-ignore lint/plugin: `arg` has made the slot from a key of these values
  return parameter instanceof Slot ? values[parameter.index]?.[parameter.name as keyof Args] : parameter;
}
