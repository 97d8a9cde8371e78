import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { go, linkTo, path, query } from "./location";
import { page, showMore, trouble } from "./state";
import { State } from "./state_mark";
import type { Row } from "./types";
import { ago, count } from "./words";

const facets: [string, string][] = [
  ["health", "Health"],
  ["sync", "Sync"],
  ["project", "Project"],
  ["namespace", "Namespace"],
];

function change(edit: (wanted: URLSearchParams) => void) {
  const wanted = new URLSearchParams(query.peek());
  edit(wanted);
  const text = wanted.toString();
  go(`/applications${text && `?${text}`}`, "replace");
}

function Search() {
  const later = useRef<number | undefined>(undefined);
  const said = query.value.get("q") ?? "";
  const text = useSignal(said);
  // What was put into the address from here: when that arrives, more may have been typed.
  const sent = useRef(said);
  useEffect(() => {
    if (sent.current.trim() !== said.trim()) text.value = sent.current = said;
  }, [said]);
  const search = (wanted: string) => {
    sent.current = wanted;
    change((to) => (wanted.trim() ? to.set("q", wanted) : to.delete("q")));
  };
  return (
    <input
      id="search"
      type="search"
      placeholder="Search"
      aria-label="Search applications: words in their names, projects, repositories, messages; !word leaves out"
      aria-keyshortcuts="/"
      value={text.value}
      onInput={(event) => {
        text.value = event.currentTarget.value;
        clearTimeout(later.current);
        later.current = setTimeout(() => search(text.peek()), 150);
      }}
    />
  );
}

function Facet({ name, title }: { name: string; title: string }) {
  const values = page.value?.facets[name] ?? {};
  const chosen = query.value.getAll(name);
  const shown = [...new Set([...Object.keys(values), ...chosen])].sort();
  if (shown.length < 2 && chosen.length === 0) return null;
  const pick = (value: string) =>
    change((to) => {
      to.delete(name);
      if (value) to.append(name, value);
    });
  return (
    <label class="facet">
      {title}
      <select value={chosen[0] ?? ""} onChange={(event) => pick(event.currentTarget.value)}>
        <option value="">all</option>
        {shown.map((value) => (
          <option key={value} value={value}>
            {value} ({values[value] ?? 0})
          </option>
        ))}
      </select>
    </label>
  );
}

function Line({ one }: { one: Row }) {
  return (
    <li class={`application urgency${one.urgency}`}>
      <h2>
        <a href={linkTo(one.namespace, one.name)}>{one.name}</a>{" "}
        <span class="quiet">
          {one.namespace}
          {one.project !== "default" && ` · ${one.project}`}
        </span>
      </h2>
      <p class="states">
        <State is={one.health} /> <State is={one.sync} />
        {one.phase && one.phase !== "Succeeded" && (
          <>
            {" "}
            <span class="quiet">sync</span> <State is={one.phase} />
          </>
        )}
        {one.suspended && <span class="quiet"> suspended</span>}
      </p>
      <p class="quiet where">
        {one.revision && <code>{one.revision}</code>} {one.path}
        {one.finishedAt && (
          <>
            {" "}
            · synced <time dateTime={one.finishedAt}>{ago(one.finishedAt)}</time>
          </>
        )}
      </p>
      {one.message && <p class="message">{one.message}</p>}
    </li>
  );
}

export function List() {
  const now = page.value;
  const isFiltered = query.value.toString() !== "";
  return (
    <main id="main" tabIndex={-1}>
      <h1 class="hidden">Applications</h1>
      <div class="filters" role="search">
        <Search />
        {facets.map(([name, title]) => (
          <Facet key={name} name={name} title={title} />
        ))}
        {isFiltered && (
          <a class="button" href={path.value}>
            Clear filters
          </a>
        )}
      </div>
      {trouble.value && (
        <p class="wrong" role="alert">
          {trouble.value}
        </p>
      )}
      {!now && !trouble.value && <p>Loading …</p>}
      {now && (
        <p class="quiet" role="status">
          {count(now.total, "application")}
        </p>
      )}
      {now?.total === 0 && (
        <p>
          {isFiltered
            ? "None is like this."
            : "There is no Application, or you may list none: that takes the right to list applications.holdfast.dev."}
        </p>
      )}
      <ul class="applications">{now?.items.map((one) => <Line key={`${one.namespace}/${one.name}`} one={one} />)}</ul>
      {now?.continue && (
        <button onClick={showMore}>Show more ({count(now.total - now.items.length, "application")})</button>
      )}
    </main>
  );
}
