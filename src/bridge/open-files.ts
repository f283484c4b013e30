import { randomBytes } from "node:crypto";
import type { Abilities, RequestFile } from "../model/agent.ts";
import { DeliveryError } from "../model/errors.ts";
import type { KeptFile } from "../model/ledger.ts";
import type { Attachment } from "../model/message.ts";
import { toSize } from "../model/size.ts";
import { toFileLink } from "./file-link.ts";
import { isRefused, toFileName, toMediaType, whyNotTaken } from "./file-rules.ts";
import { hash } from "./ids.ts";
import type { Turn } from "./rows.ts";
import type { Session } from "./session.ts";

/** How long all files of a message may take together; nobody waits longer for an answer because of them. */
const patienceMs = 30_000;
const pauseMs = 500;

/** A file that does not reach the agent, and why: behind a colon. */
export interface LeftFile {
  readonly name: string;
  readonly why: string;
}

export interface OpenedFiles {
  /** In the order in which they were attached. */
  readonly files: readonly RequestFile[];
  /** What is kept so that the links among them work. */
  readonly kept: readonly (KeptFile & { readonly id: string })[];
  readonly left: readonly LeftFile[];
}

type Opened = { readonly file: RequestFile; readonly kept?: KeptFile & { readonly id: string } } | { readonly left: LeftFile };

interface Wanted {
  readonly attachment: Attachment;
  /** By which its copy is found again when the step is repeated. */
  readonly id: string;
  readonly name: string;
  readonly mediaType: string;
  readonly maxBytes: number;
}

/**
 * Fetches what came with a message from its platform, as far as the rules and the agent take it. Never rejects because of a file: what
 * cannot be had is told. The signal ends it.
 */
async function openFiles(session: Session, turn: Turn, { inputModes }: Abilities, signal: AbortSignal): Promise<OpenedFiles> {
  const attachments = session.content[turn.id]?.attachments ?? [];
  const until = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  const chosen = attachments.map((attachment, index) => choose(session, turn, attachment, index, inputModes));
  const fetched = await Promise.all(chosen.map((one) => ("why" in one ? one : fetchFile(session, one, until))));
  let inline = 0;
  const opened = fetched.map((one): Opened => {
    if ("why" in one) return { left: one };
    const { as, inlineMB } = session.client.policy.files;
    const fits = as === "bytes" && inline + one.bytes.byteLength <= inlineMB * 1_048_576;
    if (fits) inline += one.bytes.byteLength;
    return fits ? { file: one } : toLinked(session, one);
  });
  return {
    files: opened.flatMap((one) => ("file" in one ? [one.file] : [])),
    kept: opened.flatMap((one) => ("kept" in one && one.kept ? [one.kept] : [])),
    left: opened.flatMap((one) => ("left" in one ? [one.left] : [])),
  };
}

/** The same, unless somebody says stop meanwhile: that is heard at once, and nothing of it is sent any more. */
export async function openUnlessStopped(session: Session, turn: Turn, abilities: Abilities): Promise<OpenedFiles | "stopped"> {
  if ((session.content[turn.id]?.attachments ?? []).length === 0) return { files: [], kept: [], left: [] };
  const leaving = new AbortController();
  const isStopped = () => session.letters.some(({ letter }) => letter.kind === "stop");
  const listen = async () => {
    await session.readMail();
    if (isStopped()) leaving.abort();
  };
  const heard: Promise<void>[] = [];
  const quiet = session.job.onMail(() => void heard.push(listen()));
  try {
    const opened = await openFiles(session, turn, abilities, AbortSignal.any([session.job.signal, leaving.signal]));
    return isStopped() ? "stopped" : opened;
  } finally {
    quiet();
    // Mail that could not be read now lies there for the next step.
    await Promise.allSettled(heard);
  }
}

/** What the facts of a file say already. */
function choose(
  { parts, client }: Session,
  turn: Turn,
  attachment: Attachment,
  index: number,
  inputModes: readonly string[],
): Wanted | LeftFile {
  const { files } = client.policy;
  const mediaType = toMediaType(attachment.mediaType, attachment.name);
  const name = toFileName(attachment.name, mediaType);
  const maxBytes = Math.min(parts.files.maxBytes, (files.maxMB ?? Number.POSITIVE_INFINITY) * 1_048_576);
  const notTaken = whyNotTaken(files.types, inputModes, mediaType);
  if (files.as === "none") return { name, why: "this agent takes no files" };
  if (isRefused(parts.files, name)) return { name, why: "files of this kind are not passed on here" };
  if (notTaken !== undefined) return { name, why: notTaken };
  if (index >= parts.files.perMessage) return { name, why: `no more than ${parts.files.perMessage} files of a message are passed on` };
  if (attachment.size > maxBytes) return { name, why: `it is larger than ${toSize(maxBytes)}` };
  return { attachment, id: hash(`${turn.id}/${index}`), name, mediaType, maxBytes };
}

type Fetched = Wanted & { readonly bytes: Uint8Array; readonly secret?: string };

/** A second try after a moment, where it may help. What was kept by an earlier step is not fetched again. */
async function fetchFile({ parts, task, job }: Session, wanted: Wanted, signal: AbortSignal): Promise<Fetched | LeftFile> {
  const { attachment, name, maxBytes } = wanted;
  const known = await parts.ledger.file(wanted.id);
  if (known) return { ...wanted, ...known };
  const adapter = parts.adapters.get(task.thread.platform);
  for (let tries = 1; adapter; tries += 1) {
    try {
      await parts.failpoint("ask.open.before");
      const bytes = await adapter.open(attachment, maxBytes, signal);
      await parts.failpoint("ask.open.after");
      if (isRefused(parts.files, name, bytes)) return { name, why: "programs are not passed on here" };
      return bytes.byteLength === 0 ? { name, why: "it is empty" } : { ...wanted, bytes };
    } catch (err) {
      if (!(err instanceof DeliveryError)) throw err;
      parts.log.info({ kind: err.kind, task: job.row.id, err }, "attached file not opened");
      const again = err.kind === "unavailable" && tries < 2 && !signal.aborted;
      if (!again) return { name, why: signal.aborted ? "it could not be fetched in time" : (err.explanation ?? "it could not be fetched") };
      await parts.clock.sleep(pauseMs, signal);
    }
  }
  return { name, why: "it could not be fetched" };
}

function toLinked({ parts, client }: Session, { id, name, mediaType, bytes, secret }: Fetched): Opened {
  const kept = { id, name, mediaType, bytes, secret: secret ?? randomBytes(32).toString("base64url") };
  const url = toFileLink(parts, id, kept);
  if (url !== undefined) return { file: { name, mediaType, url }, kept };
  const { as, inlineMB } = client.policy.files;
  const why =
    as === "link"
      ? "the bridge has no public address from which the agent could fetch it"
      : `together the files are larger than ${toSize(inlineMB * 1_048_576)}`;
  return { left: { name, why } };
}
