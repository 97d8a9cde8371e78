// What is known, and what is loaded when.

import { batch, computed, effect, signal } from "@preact/signals";
import { ask, pathOf, Refused } from "./api";
import { opened, path, query } from "./location";
import { Stream } from "./stream";
import type { Action, Detail, Me, Page, Row } from "./types";

/** Nothing: not known yet; false: nobody is logged in. */
export const me = signal<Me | false | null>(null);
export const page = signal<Page | null>(null);
export const detail = signal<Detail | null>(null);
/** Why what is shown could not be loaded. */
export const trouble = signal("");
/** Said to screen readers, and shown for a moment. */
export const said = signal("");

const pageLength = 200;
const reload = 1_000;
/** Of a session that somebody uses: it rests after an hour without a request. */
const sign = 10 * 60_000;

let stream: Stream | null = null;
let rowsWanted = pageLength;
let generation = 0;
let reloading: number | undefined;

const filters = ["q", "namespace", "project", "sync", "health"];

function failed(why: unknown) {
  if (why instanceof Refused && why.status === 401) {
    leave();
    return;
  }
  trouble.value = why instanceof Error ? why.message : String(why);
}

function leave() {
  stopFollowing();
  batch(() => {
    me.value = false;
    page.value = null;
    detail.value = null;
    trouble.value = "";
  });
}

function stopFollowing() {
  ++generation;
  clearTimeout(reloading);
  stream?.close();
  stream = null;
}

async function loadMe() {
  try {
    me.value = await ask<Me>("GET", "me");
    trouble.value = "";
  } catch (why) {
    failed(why);
  }
}

export async function logIn(token: string) {
  me.value = await ask<Me>("POST", "session", { token });
}

export async function logOut() {
  try {
    await ask("DELETE", "session", {});
    leave();
  } catch (why) {
    failed(why);
  }
}

function listPath(after: string, limit: number) {
  const wanted = new URLSearchParams();
  for (const name of filters) for (const value of query.value.getAll(name)) wanted.append(name, value);
  wanted.set("limit", String(limit));
  if (after) wanted.set("continue", after);
  return `applications?${wanted}`;
}

async function loadList(mine: number) {
  try {
    let all = await ask<Page>("GET", listPath("", pageLength));
    while (all.continue && all.items.length < rowsWanted && mine === generation) {
      const more = await ask<Page>("GET", listPath(all.continue, pageLength));
      all = { ...more, changes: all.changes, items: [...all.items, ...more.items] };
    }
    if (mine !== generation) return;
    batch(() => {
      page.value = all;
      trouble.value = "";
    });
    stream ??= new Stream("applications", all.changes, {
      applications: takeRows,
      reset: () => void loadList(mine),
      ended: () => void loadMe(),
    });
  } catch (why) {
    if (mine === generation) failed(why);
  }
}

const keyOf = (one: { namespace: string; name: string }) => `${one.namespace}/${one.name}`;

/** Changes what is shown at once; what else follows from it (order, counts, filters) the operator says soon. */
function takeRows(data: { upsert: Row[]; remove: { namespace: string; name: string }[] }) {
  const now = page.value;
  if (!now) return;
  const changed = new Map(data.upsert.map((one) => [keyOf(one), one]));
  const gone = new Set(data.remove.map(keyOf));
  page.value = {
    ...now,
    items: now.items.filter((one) => !gone.has(keyOf(one))).map((one) => changed.get(keyOf(one)) ?? one),
  };
  const mine = generation;
  clearTimeout(reloading);
  reloading = setTimeout(() => void loadList(mine), reload);
}

export function showMore() {
  rowsWanted += pageLength;
  void loadList(generation);
}

async function loadDetail(mine: number, namespace: string, name: string) {
  const take = (one: Detail) => {
    if (mine !== generation) return;
    tell(detail.value, one);
    batch(() => {
      detail.value = one;
      trouble.value = "";
    });
  };
  try {
    take(await ask<Detail>("GET", pathOf(namespace, name)));
    if (mine !== generation) return;
    // Without a place to go on from: the stream begins with having it loaded once more.
    stream ??= new Stream(`application:${namespace}/${name}`, "", {
      application: (one: Detail & { gone?: object }) => {
        if (one.gone) {
          if (mine === generation) failed(new Error(`${namespace}/${name} is gone, or you may not see it any more.`));
        } else {
          take(one);
        }
      },
      reset: () => void loadDetail(mine, namespace, name),
      ended: () => void loadMe(),
    });
  } catch (why) {
    if (mine === generation) failed(why);
  }
}

/** What becomes of the operation that is looked at. */
function tell(before: Detail | null, now: Detail) {
  const was = before?.status.operationState;
  const is = now.status.operationState;
  if (before && is && (was?.phase !== is.phase || was.startedAt !== is.startedAt)) {
    said.value = `${now.metadata.name}: the sync ${is.phase === "Running" ? "runs" : `is ${is.phase}`}. ${is.message ?? ""}`;
  }
}

export async function act(what: Action, body: object): Promise<void> {
  const one = opened.peek();
  if (!one) return;
  await ask("POST", `${pathOf(one.namespace, one.name)}/${what}`, body);
  said.value = { sync: "The sync is asked for.", refresh: "The refresh is asked for.", terminate: "The operation is being ended." }[what];
}

const user = computed(() => me.value && me.value.username);

export function begin() {
  void loadMe();
  setInterval(() => {
    if (me.peek() && !document.hidden) void loadMe();
  }, sign);
  // A login, another address or another filter: load what that shows.
  effect(() => {
    const who = user.value;
    const one = opened.value;
    const at = path.value;
    const wanted = filters.flatMap((name) => query.value.getAll(name)).join("\n");
    void at, wanted;
    stopFollowing();
    if (!who) return;
    if (one) {
      batch(() => {
        detail.value = null;
        trouble.value = "";
      });
      void loadDetail(generation, one.namespace, one.name);
    } else {
      rowsWanted = pageLength;
      void loadList(generation);
    }
  });
}
