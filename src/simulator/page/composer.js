import { element } from "./draw.js";
import { act, at, now, post } from "./state.js";

/**
 * Where a person writes. Enter sends, Shift+Enter makes a new line; files come by button or by being dropped on `area`.
 * `said` hears what came of it: `{ message, heard }`.
 */
export function createComposer({ form, area, id, label, send, thread, said }) {
  const field = element("textarea", { id, rows: 1, maxlength: 40_000, "aria-describedby": `${id}-how` });
  const chooser = element("input", { type: "file", multiple: true, hidden: true, tabindex: -1, "aria-hidden": "true" });
  const mention = element("input", { type: "checkbox", checked: true });
  const mentionName = element("span");
  const choice = element("label", { class: "mention-choice" }, mention, mentionName);
  const chosen = element("ul", { class: "chosen", "aria-label": "Files to send" });
  const how = element("span", { id: `${id}-how`, class: "how" }, "Enter sends, Shift+Enter makes a new line");
  const unheard = element("p", { class: "notice", role: "status", hidden: true });
  form.append(
    element("label", { class: "unseen", for: id }, label),
    chosen,
    field,
    element(
      "div",
      { class: "tools" },
      element("button", { type: "button", class: "plain attach", click: () => chooser.click() }, "+ File"),
      choice,
      how,
      element("button", { type: "submit" }, send),
    ),
    unheard,
    chooser,
  );
  let files = [];

  function attach(more) {
    files = [...files, ...more].slice(0, 10);
    chosen.replaceChildren(
      ...files.map((file) =>
        element(
          "li",
          {},
          file.name,
          element("button", { type: "button", class: "plain", "aria-label": `Do not send ${file.name}`, click: () => drop(file) }, "✕"),
        ),
      ),
    );
  }

  function drop(file) {
    files = files.filter((one) => one !== file);
    attach([]);
    field.focus();
  }

  async function submit() {
    const typed = field.value.trim();
    if (typed === "" && files.length === 0) return;
    const { view } = now;
    const sent = [field.value, files];
    const named = typed.includes(`@${view.app.name}`) || typed.startsWith("/");
    const asks = choice.hidden ? false : mention.checked && !named;
    const heard = named || asks || isHeardAnyway(view, thread);
    const text = asks ? `@${view.app.name} ${typed}` : typed;
    field.value = "";
    files = [];
    attach([]);
    grow();
    const uploaded = await upload(sent[1]);
    const done = uploaded && (await act({ kind: "say", room: view.room.id, text, files: uploaded, ...(thread() && { thread: thread() }) }));
    if (done === undefined) {
      field.value = sent[0];
      files = sent[1];
      attach([]);
      return;
    }
    unheard.hidden = heard;
    unheard.textContent = `That was for people only: the app hears you here when you mention it. Tick “Mention @${view.app.name}”.`;
    said({ ...done, heard });
  }

  function grow() {
    field.rows = Math.min(8, Math.max(1, field.value.split("\n").length));
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  field.addEventListener("input", grow);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  field.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length > 0) attach(event.clipboardData.files);
  });
  chooser.addEventListener("change", () => {
    attach(chooser.files);
    chooser.value = "";
    field.focus();
  });
  mention.addEventListener("change", () => {
    unheard.hidden = true;
    field.focus();
  });
  takeDrops(area, (dropped) => {
    attach(dropped);
    field.focus();
  });

  return {
    /** Puts words where the person can see and change them before they are sent. */
    write(words) {
      field.value = words;
      grow();
      field.focus();
    },
    focus: () => field.focus(),
    draw(view, place) {
      field.placeholder = `${label} ${place}`;
      mentionName.textContent = `Mention @${view.app.name}`;
      choice.hidden = view.room.mention === "never" || (view.room.mention === "first" && thread() !== "" && isBeginner(view));
    },
    forget() {
      unheard.hidden = true;
    },
  };
}

/** Whoever began a thread goes on without a mention. */
function isBeginner(view) {
  return view.thread?.messages[0]?.author.id === view.user.id;
}

function isHeardAnyway(view, thread) {
  return view.room.mention === "never" || (view.room.mention === "first" && thread() !== "" && isBeginner(view));
}

/** Resolves to what names the files in a message; undefined when one could not be taken. */
async function upload(files) {
  const ids = [];
  for (const file of files) {
    const done = await post(`/api/upload?${new URLSearchParams({ name: file.name, type: file.type })}`, new Blob([file]));
    if (done === undefined) return undefined;
    ids.push(done.id);
  }
  return ids;
}

function takeDrops(area, take) {
  const over = (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    area.classList.add("dropping");
  };
  area.addEventListener("dragenter", over);
  area.addEventListener("dragover", over);
  area.addEventListener("dragleave", (event) => {
    if (!area.contains(event.relatedTarget)) area.classList.remove("dropping");
  });
  area.addEventListener("drop", (event) => {
    area.classList.remove("dropping");
    if (event.dataTransfer.files.length === 0) return;
    event.preventDefault();
    take(event.dataTransfer.files);
  });
}

/** A file that is dropped beside the areas must not take the place of the page. */
for (const kind of ["dragover", "drop"]) at("rail").ownerDocument.addEventListener(kind, (event) => event.preventDefault());
