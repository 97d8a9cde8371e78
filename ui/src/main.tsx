import { effect } from "@preact/signals";
import { render } from "preact";
import { Application } from "./application";
import { Keys, KeysButton, onKey } from "./keys";
import { List } from "./list";
import { followLinks, go, opened, path } from "./location";
import { Login } from "./login";
import { begin, logOut, me, said, trouble } from "./state";
import "./style.css";

function Page() {
  if (me.value === null) return <main>{trouble.value ? <p role="alert">{trouble.value}</p> : <p>Loading …</p>}</main>;
  if (me.value === false) return <Login />;
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => {
        event.preventDefault();
        document.getElementById("main")?.focus();
      }}>
        Skip to what is shown
      </a>
      <header>
        <a class="home" href="/applications">
          Holdfast
        </a>
        <span class="quiet who">{me.value.username}</span>
        <KeysButton />
        <button onClick={() => void logOut()}>Log out</button>
      </header>
      {opened.value ? <Application key={path.value} /> : <List />}
      <Keys />
      <p class="said" role="status" aria-live="polite">
        {said.value}
      </p>
    </>
  );
}

document.addEventListener("click", followLinks);
document.addEventListener("keydown", onKey);

let quiet: number | undefined;
effect(() => {
  if (!said.value) return;
  clearTimeout(quiet);
  quiet = setTimeout(() => (said.value = ""), 8_000);
});
effect(() => {
  document.title = opened.value ? `${opened.value.name} · Holdfast` : "Holdfast";
});
if (path.peek() === "/") go(`/applications${location.search}`, "replace");
begin();
render(<Page />, document.getElementById("page")!);
