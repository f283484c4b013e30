/** The way to a value of the configuration: `["routes", 1, "agent"]`. */
export type Path = readonly PropertyKey[];

/** As people write it: `routes[1].agent`. */
export function toKey(path: Path): string {
  const key = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("");
  return key.replace(/^\./, "") || "the configuration";
}
