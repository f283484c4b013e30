import { strToU8, zipSync } from "fflate";
import { drawIcons, type Icons } from "./icons.ts";
import { buildTeamsManifest, iconFiles, type TeamsManifestInput } from "./manifest.ts";

/** The earliest time that a zip knows: the same input gives the same bytes, on every day and in every time zone. */
const mtime = new Date(1980, 0, 1);

/** The app as an admin uploads it: a zip with the manifest and two icons, nothing else, none of it in a folder. */
export function buildTeamsPackage(input: TeamsManifestInput, icons: Partial<Icons> = {}): Uint8Array {
  const drawn = drawIcons(input.manifest.accentColor);
  const files = {
    "manifest.json": strToU8(`${JSON.stringify(buildTeamsManifest(input), undefined, 2)}\n`),
    [iconFiles.color]: icons.color ?? drawn.color,
    [iconFiles.outline]: icons.outline ?? drawn.outline,
  };
  return zipSync(files, { mtime, level: 9 });
}
