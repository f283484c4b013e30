import { element } from "./draw.js";
import { drawField } from "./messages.js";
import { act, at } from "./state.js";

/** The window that the platform has opened for this person, such as a form. */
export function drawDialog({ dialog }) {
  const box = at("dialog");
  if (dialog === undefined) {
    if (box.open) box.close();
    box.dataset.id = "";
    return;
  }
  if (box.dataset.id === dialog.id) return;
  box.dataset.id = dialog.id;
  at("dialog-form").replaceChildren(
    element("h2", { id: "dialog-title" }, dialog.title),
    ...dialog.fields.map((field) => drawField(field, "dialog")),
    element(
      "div",
      { class: "acts" },
      element("button", { type: "submit" }, dialog.submit),
      element("button", { type: "button", click: dismiss }, "Cancel"),
    ),
  );
  if (!box.open) box.showModal();
}

function dismiss() {
  act({ kind: "submit", dialog: at("dialog").dataset.id });
}

at("dialog-form").addEventListener("submit", (event) => {
  event.preventDefault();
  act({ kind: "submit", dialog: at("dialog").dataset.id, inputs: Object.fromEntries(new FormData(event.currentTarget)) });
});
at("dialog").addEventListener("cancel", (event) => {
  event.preventDefault();
  dismiss();
});
