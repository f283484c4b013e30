import { refuseForm } from "./refusal.ts";

/** Docs: component types. */
const types = { row: 1, button: 2, select: 3, input: 4, section: 9, text: 10, separator: 14, container: 17, label: 18 } as const;

/** A button, or a menu of choices, that stands under a message. */
export interface Button {
  readonly kind: "button" | "select";
  readonly label: string;
  readonly customId: string | undefined;
  readonly url: string | undefined;
  /** 1 primary to 4 danger, 5 link (docs: button styles). */
  readonly style: number | undefined;
  readonly disabled: boolean;
  readonly options: readonly { readonly label: string; readonly value: string }[];
}

interface Fields {
  readonly [key: string]: unknown;
}

const old: readonly unknown[] = [types.row];
const known: readonly unknown[] = Object.values(types);

/** Refuses components that Discord refuses. The old kind are rows of buttons; the flag for the new kind allows more at the top. */
export function checkComponents(components: readonly unknown[], v2: boolean): void {
  if (components.length > (v2 ? 40 : 5)) refuseForm("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.");
  for (const [at, component] of components.entries()) {
    const { type } = fields(component);
    if (!(v2 ? known : old).includes(type)) refuseForm(`components.${at}.type`, "BASE_TYPE_CHOICES", "Value must be one of {1}.");
  }
  const ids = new Set<string>();
  for (const found of walk(components)) checkOne(found, ids);
}

function checkOne(component: Fields, ids: Set<string>): void {
  const { type, custom_id, label, style, url, components, options } = component;
  const field = `components.${String(custom_id ?? label ?? type)}`;
  if (type === types.row && (!Array.isArray(components) || components.length === 0 || components.length > 5))
    refuseForm("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.");
  if (type !== types.button && type !== types.select) return;
  const link = type === types.button && style === 5;
  if (link && typeof url !== "string") refuseForm(field, "BASE_TYPE_REQUIRED", "A url is required");
  if (link && custom_id !== undefined) refuseForm(field, "BUTTON_COMPONENT_CUSTOM_ID_URL_EXCLUSIVE", "custom_id and url are exclusive");
  if (!link) checkCustomId(field, custom_id, ids);
  if (type === types.button && (typeof style !== "number" || style < 1 || style > 6)) refuseForm(field, "BASE_TYPE_CHOICES", "Bad style");
  if (typeof label === "string" && label.length > 80) refuseForm(field, "BASE_TYPE_MAX_LENGTH", "Must be 80 or fewer in length.");
  if (type === types.select && (!Array.isArray(options) || options.length === 0 || options.length > 25))
    refuseForm(field, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 25 in length.");
}

function checkCustomId(field: string, customId: unknown, ids: Set<string>): void {
  if (typeof customId !== "string" || customId.length < 1 || customId.length > 100)
    return refuseForm(field, "BASE_TYPE_BAD_LENGTH", "custom_id must be between 1 and 100 in length.");
  if (ids.has(customId)) refuseForm(field, "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated");
  ids.add(customId);
}

/** What can be pressed, in the order in which it stands there. */
export function buttonsOf(components: readonly unknown[]): readonly Button[] {
  return walk(components).flatMap((component): readonly Button[] => {
    const { type, label, emoji, placeholder, custom_id, url, style, disabled, options } = component;
    if (type !== types.button && type !== types.select) return [];
    return [
      {
        kind: type === types.button ? "button" : "select",
        label: text(label) ?? text(placeholder) ?? text(fields(emoji).name) ?? "",
        customId: text(custom_id),
        url: text(url),
        style: typeof style === "number" ? style : undefined,
        disabled: disabled === true,
        options: Array.isArray(options) ? options.map(fields).map((one) => ({ label: String(one.label), value: String(one.value) })) : [],
      },
    ];
  });
}

/** The texts that stand in components of the new kind. */
export function textsOf(components: readonly unknown[]): readonly string[] {
  return walk(components).flatMap(({ type, content }) => (type === types.text ? [String(content ?? "")] : []));
}

/** The fields of a form: inputs in labels, or in rows as they were before. */
export function inputsOf(
  components: readonly unknown[],
): readonly { readonly customId: string; readonly label: string; readonly required: boolean; readonly value: string }[] {
  return components.flatMap((outer) => {
    const { type, label, component, components: inner } = fields(outer);
    const inputs = type === types.label ? [fields(component)] : Array.isArray(inner) ? inner.map(fields) : [];
    return inputs.map((input) => ({
      customId: String(input.custom_id),
      label: text(label) ?? text(input.label) ?? "",
      required: input.required !== false,
      value: text(input.value) ?? "",
    }));
  });
}

/** A component and all that stands in it. */
function walk(components: readonly unknown[]): readonly Fields[] {
  return components.flatMap((component) => {
    const one = fields(component);
    const inner = [one.components, [one.component, one.accessory].filter((value) => value !== undefined)];
    return [one, ...inner.flatMap((list) => (Array.isArray(list) ? walk(list) : []))];
  });
}

function fields(value: unknown): Fields {
  return Object(value);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
