// The objects of an application, by their kinds, as one treegrid: arrows move, left and right close and open.

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { State } from "./state_mark";
import type { Resource } from "./types";
import { count } from "./words";

interface Group {
  kind: string;
  objects: Resource[];
  /** How many need a look. */
  wrong: number;
}

const isWrong = (one: Resource) =>
  (one.status !== "Synced" && !one.hook) || !["Healthy", undefined].includes(one.health?.status);

/** What needs a look comes first, in the groups and in each of them. */
export function groupsOf(resources: Resource[]): Group[] {
  const groups = new Map<string, Group>();
  for (const one of resources) {
    const kind = one.group ? `${one.kind}.${one.group}` : one.kind;
    const group = groups.get(kind) ?? { kind, objects: [], wrong: 0 };
    groups.set(kind, group);
    group.objects.push(one);
    group.wrong += isWrong(one) ? 1 : 0;
  }
  const name = (one: Resource) => `${one.namespace ?? ""}/${one.name}`;
  for (const group of groups.values()) {
    group.objects.sort((a, b) => Number(isWrong(b)) - Number(isWrong(a)) || name(a).localeCompare(name(b)));
  }
  return [...groups.values()].sort(
    (a, b) => Number(b.wrong > 0) - Number(a.wrong > 0) || a.kind.localeCompare(b.kind),
  );
}

const many = 100;

export function Tree({ resources, total }: { resources: Resource[]; total: number }) {
  const groups = groupsOf(resources);
  const toggled = useSignal<Record<string, boolean>>({});
  const focused = useSignal(0);
  const body = useRef<HTMLTableSectionElement>(null);
  // Of few objects all are shown; of many those that need a look.
  const isOpen = (group: Group) => toggled.value[group.kind] ?? (resources.length < many || group.wrong > 0);

  const rows: ({ group: Group } | { group: Group; one: Resource; at: number })[] = [];
  for (const group of groups) {
    rows.push({ group });
    if (isOpen(group)) group.objects.forEach((one, at) => rows.push({ group, one, at }));
  }
  const current = Math.min(focused.value, rows.length - 1);

  const focus = (at: number) => {
    focused.value = Math.max(0, Math.min(at, rows.length - 1));
    (body.current?.rows[focused.value] as HTMLElement | undefined)?.focus();
  };
  const open = (group: Group, is: boolean) => (toggled.value = { ...toggled.value, [group.kind]: is });
  const headOf = (at: number) => rows.findIndex((one) => one.group === rows[at]!.group);

  const onKey = (event: KeyboardEvent) => {
    const row = rows[current];
    if (!row || event.metaKey || event.ctrlKey || event.altKey) return;
    const isGroup = !("one" in row);
    switch (event.key) {
      case "ArrowDown":
        focus(current + 1);
        break;
      case "ArrowUp":
        focus(current - 1);
        break;
      case "Home":
        focus(0);
        break;
      case "End":
        focus(rows.length - 1);
        break;
      case "ArrowRight":
        if (isGroup && !isOpen(row.group)) open(row.group, true);
        else if (isGroup) focus(current + 1);
        break;
      case "ArrowLeft":
        if (isGroup && isOpen(row.group)) open(row.group, false);
        else focus(headOf(current));
        break;
      case "Enter":
        if (isGroup) open(row.group, !isOpen(row.group));
        break;
      default:
        return;
    }
    event.preventDefault();
  };

  if (resources.length === 0) return <p class="quiet">No object is known yet.</p>;
  return (
    <>
      {total > resources.length && (
        <p class="quiet">
          {count(total, "object")}, of which those that need a look and some more are here: {resources.length}.
        </p>
      )}
      <div class="scrolls">
        <table role="treegrid" aria-label="Objects" onKeyDown={onKey}>
          <thead>
            <tr>
              <th scope="col">Object</th>
              <th scope="col">Health</th>
              <th scope="col">Sync</th>
              <th scope="col">What is to be said</th>
            </tr>
          </thead>
          <tbody ref={body}>
            {rows.map((row, at) => {
              const common = {
                tabIndex: at === current ? 0 : -1,
                onFocus: () => {
                  focused.value = at;
                },
              };
              if (!("one" in row)) {
                const is = isOpen(row.group);
                return (
                  <tr
                    key={row.group.kind}
                    aria-level={1}
                    aria-expanded={is}
                    aria-setsize={groups.length}
                    aria-posinset={groups.indexOf(row.group) + 1}
                    class="group"
                    onClick={() => open(row.group, !is)}
                    {...common}
                  >
                    <td colSpan={3}>
                      <span aria-hidden="true">{is ? "▾" : "▸"}</span> {row.group.kind} ({row.group.objects.length})
                    </td>
                    <td>{row.group.wrong > 0 && `${row.group.wrong} to look at`}</td>
                  </tr>
                );
              }
              const { one } = row;
              return (
                <tr
                  key={`${row.group.kind}/${one.namespace}/${one.name}`}
                  aria-level={2}
                  aria-setsize={row.group.objects.length}
                  aria-posinset={row.at + 1}
                  {...common}
                >
                  <td class="object">
                    {one.namespace && <span class="quiet">{one.namespace}/</span>}
                    {one.name}
                    {one.hook && <span class="quiet"> hook</span>}
                  </td>
                  <td>
                    <State is={one.health?.status} />
                  </td>
                  <td>
                    <State is={one.status} />
                  </td>
                  <td>{[one.message, one.health?.message].filter(Boolean).join(" · ")}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </>
  );
}
