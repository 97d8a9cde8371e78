// What single keys do, and the sheet that says so.

import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { go, opened } from "./location";

const kept = "holdfast-keys";
const isOn = signal(localStorage.getItem(kept) !== "off");
const isShown = signal(false);

const keys: [string, string][] = [
  ["/", "search in the list"],
  ["s", "sync the open application"],
  ["r", "refresh the open application"],
  ["Esc", "back to the list"],
  ["?", "this sheet"],
];

/** At once where it is there: what is typed next belongs into it. */
function focusSearch() {
  const search = document.getElementById("search");
  if (search) search.focus();
  else requestAnimationFrame(() => document.getElementById("search")?.focus());
}

const press = (id: string) => document.getElementById(id)?.click();

export function onKey(event: KeyboardEvent) {
  const at = event.target as HTMLElement;
  const isTyping = at.matches("input, select, textarea") && event.key !== "Escape";
  if (isTyping || event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return;
  if (!isOn.value || document.querySelector("dialog[open]")) return;
  switch (event.key) {
    case "/":
      if (opened.value) go("/applications");
      focusSearch();
      break;
    case "s":
      press("do-sync");
      break;
    case "r":
      press("do-refresh");
      break;
    case "Escape":
      if (opened.value) go("/applications");
      else at.blur();
      break;
    case "?":
      isShown.value = true;
      break;
    default:
      return;
  }
  event.preventDefault();
}

export function KeysButton() {
  return (
    <button onClick={() => (isShown.value = true)} aria-haspopup="dialog">
      Keys
    </button>
  );
}

function Sheet() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const turn = (on: boolean) => {
    isOn.value = on;
    localStorage.setItem(kept, on ? "on" : "off");
  };
  return (
    <dialog ref={dialog} aria-labelledby="keys-title" onClose={() => (isShown.value = false)}>
      <h2 id="keys-title">Keys</h2>
      <dl class="facts">
        {keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
        <div>
          <dt>
            <kbd>↑ ↓ ← →</kbd>
          </dt>
          <dd>in the objects: move, close, open</dd>
        </div>
      </dl>
      <label class="check">
        <input type="checkbox" checked={isOn.value} onChange={(event) => turn(event.currentTarget.checked)} />
        Single keys do something
      </label>
      <p class="quiet">
        <a href="/licences.txt" target="_blank">
          Licences of what this page is made of
        </a>
      </p>
      <p class="buttons">
        <button onClick={() => dialog.current?.close()}>Close</button>
      </p>
    </dialog>
  );
}

export function Keys() {
  return isShown.value ? <Sheet /> : null;
}
