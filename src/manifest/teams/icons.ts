import { PNG } from "pngjs";

/** The two pictures of an app, as PNG files. */
export interface Icons {
  /** 192 by 192, in full colour. */
  readonly color: Uint8Array;
  /** 32 by 32, white on nothing. */
  readonly outline: Uint8Array;
}

const iconSizes = { color: 192, outline: 32 } as const;

/** A bridge over its arch, on the accent colour (`#rrggbb`). The same colour gives the same picture. */
export function drawIcons(accentColor: string): Icons {
  const ground = [1, 3, 5].map((at) => Number.parseInt(accentColor.slice(at, at + 2), 16));
  const [red = 0, green = 0, blue = 0] = ground;
  return {
    color: draw(iconSizes.color, (bridge) => [...[red, green, blue].map((ground) => mix(ground, 255, bridge)), 255]),
    outline: draw(iconSizes.outline, (bridge) => [255, 255, 255, mix(0, 255, bridge)]),
  };
}

function mix(ground: number, figure: number, share: number): number {
  return Math.round(ground + (figure - ground) * share);
}

/** `paint` is told how much of a point is bridge, from 0 to 1. */
function draw(size: number, paint: (bridge: number) => readonly number[]): Uint8Array {
  const png = new PNG({ width: size, height: size });
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) png.data.set(paint(shareOf(x, y, size)), (y * size + x) * 4);
  }
  return PNG.sync.write(png);
}

/** Of sixteen samples of a point, so that the arch is round. */
function shareOf(x: number, y: number, size: number): number {
  const steps = [0.125, 0.375, 0.625, 0.875];
  const samples = steps.flatMap((dx) => steps.map((dy) => isBridge((x + dx) / size, (y + dy) / size)));
  return samples.filter(Boolean).length / samples.length;
}

/** Whether a point of the unit square is on the bridge: its road, its two piers, and the arch between them. */
function isBridge(x: number, y: number): boolean {
  if (x < 0.15 || x > 0.85 || y < 0.36 || y > 0.7) return false;
  if (y < 0.46) return true;
  return Math.hypot((x - 0.5) / 0.25, (y - 0.7) / 0.18) > 1;
}

/** What is wrong with a picture of one's own; undefined when nothing is. */
export function findIconProblem(bytes: Uint8Array, kind: keyof Icons): string | undefined {
  const size = iconSizes[kind];
  const png = parse(bytes);
  if (png === undefined) return "is not a PNG picture";
  if (png.width !== size || png.height !== size) return `is ${png.width}x${png.height}; it must be ${size}x${size}`;
  if (kind === "color") return undefined;
  const points = Array.from({ length: size * size }, (_, at) => png.data.subarray(at * 4, at * 4 + 4));
  const white = points.every(([red, green, blue, alpha]) => alpha === 0 || (red === 255 && green === 255 && blue === 255));
  if (!white) return "has colours; it must be white on nothing";
  return points.some(([, , , alpha]) => alpha === 0) ? undefined : "has no transparent ground; it must be white on nothing";
}

function parse(bytes: Uint8Array): PNG | undefined {
  try {
    return PNG.sync.read(Buffer.from(bytes));
  } catch {
    return undefined; // that it is no picture is all there is to say
  }
}
