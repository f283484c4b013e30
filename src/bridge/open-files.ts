import { randomBytes } from "node:crypto";
import type { Abilities, RequestFile } from "../model/agent.ts";
import { DeliveryError } from "../model/errors.ts";
import type { KeptFile } from "../model/ledger.ts";
import type { Attachment } from "../model/message.ts";
import { toSize } from "../model/size.ts";
import { toFileLink } from "./file-link.ts";
import { isRefused, toFileName, toMediaType, whyNotTaken } from "./file-rules.ts";
import { hash } from "./ids.ts";
import type { Share } from "./room.ts";
import type { Turn } from "./rows.ts";
import type { Session } from "./session.ts";

/** How long all files of a message may take together; nobody waits longer for an answer because of them. */
const patienceMs = 30_000;
const pauseMs = 500;
/** A wait for room that is worth a line in the log. */
const noticeableMs = 1_000;
const noRoom = "too many files are on their way at once; send it again in a few minutes";

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
  /** What its platform says that it has; where it says nothing, the most that it may have. */
  readonly bytesSaid: number;
}

/**
 * Fetches what came with a message from its platform, as far as the rules and the agent take it, once there is room for it in memory. Never
 * rejects because of a file: what cannot be had is told. The signal ends it. The share holds what was fetched, until the caller frees it.
 */
async function openFiles(session: Session, turn: Turn, { inputModes }: Abilities, share: Share, signal: AbortSignal): Promise<OpenedFiles> {
  const attachments = session.content[turn.id]?.attachments ?? [];
  const chosen = attachments.map((attachment, index) => choose(session, turn, attachment, index, inputModes));
  const fetched = await fetchAll(session, chosen, share, signal);
  share.keep(fetched.reduce((sum, one) => sum + ("bytes" in one ? one.bytes.byteLength : 0), 0));
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
export async function openUnlessStopped(
  session: Session,
  turn: Turn,
  abilities: Abilities,
  share: Share,
): Promise<OpenedFiles | "stopped"> {
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
    const opened = await openFiles(session, turn, abilities, share, AbortSignal.any([session.job.signal, leaving.signal]));
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
  const bytesSaid = attachment.size > 0 ? attachment.size : maxBytes;
  return { attachment, id: hash(`${turn.id}/${index}`), name, mediaType, maxBytes, bytesSaid };
}

type Fetched = Wanted & { readonly bytes: Uint8Array; readonly secret?: string };

/** All of them together, for they are sent together. */
async function fetchAll(
  session: Session,
  chosen: readonly (Wanted | LeftFile)[],
  share: Share,
  signal: AbortSignal,
): Promise<readonly (Fetched | LeftFile)[]> {
  const bytes = chosen.reduce((sum, one) => sum + ("why" in one ? 0 : one.bytesSaid), 0);
  if (bytes > 0 && !(await findRoom(session, bytes, share, signal)))
    return chosen.map((one) => ("why" in one ? one : { name: one.name, why: noRoom }));
  const until = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  return Promise.all(chosen.map((one) => ("why" in one ? one : fetchFile(session, one, share, until))));
}

async function findRoom({ parts, job }: Session, bytes: number, share: Share, signal: AbortSignal): Promise<boolean> {
  const since = parts.clock.now();
  const found = await share.take(bytes, parts.pace.roomToAsk, signal);
  const waitedMs = parts.clock.now() - since;
  const facts = { task: job.row.id, reference: job.row.reference, bytes, waitedMs };
  if (!found && !signal.aborted) parts.log.warn(facts, "no room in memory for files: they are not passed on");
  else if (waitedMs >= noticeableMs) parts.log.info(facts, "files waited for room in memory");
  return found;
}

/** A second try after a moment, where it may help. What was kept by an earlier step is not fetched again. */
async function fetchFile({ parts, task, job }: Session, wanted: Wanted, share: Share, signal: AbortSignal): Promise<Fetched | LeftFile> {
  const { attachment, name, maxBytes, bytesSaid } = wanted;
  let most = Math.min(bytesSaid, maxBytes);
  const known = await parts.ledger.file(wanted.id);
  if (known) {
    const more = known.bytes.byteLength - most;
    return more <= 0 || share.more(more) ? { ...wanted, ...known } : { name, why: noRoom };
  }
  const adapter = parts.adapters.get(task.thread.platform);
  for (let tries = 1; adapter; tries += 1) {
    try {
      await parts.failpoint("ask.open.before");
      const bytes = await adapter.open(attachment, most, signal);
      await parts.failpoint("ask.open.after");
      if (isRefused(parts.files, name, bytes)) return { name, why: "programs are not passed on here" };
      return bytes.byteLength === 0 ? { name, why: "it is empty" } : { ...wanted, bytes };
    } catch (err) {
      if (!(err instanceof DeliveryError)) throw err;
      if (err.tooLarge && most < maxBytes) {
        if (!share.more(maxBytes - most)) return { name, why: noRoom };
        most = maxBytes;
        continue;
      }
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
