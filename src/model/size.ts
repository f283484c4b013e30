/** Bytes as people read them. */
export function toSize(bytes: number): string {
  if (bytes < 1_024) return `${bytes} bytes`;
  return bytes < 1_048_576 ? `${Math.round(bytes / 1_024)} KB` : `${Number((bytes / 1_048_576).toFixed(1))} MB`;
}
