// Which screen is shown, and with which filters: all of it is in the address.

import { computed, signal } from "@preact/signals";

const here = signal(location.pathname + location.search);
addEventListener("popstate", () => (here.value = location.pathname + location.search));

export const path = computed(() => here.value.split("?")[0]!);
export const query = computed(() => new URLSearchParams(here.value.split("?")[1] ?? ""));

export function go(to: string, how: "push" | "replace" = "push") {
  if (to === here.value) return;
  if (how === "push") {
    history.pushState(null, "", to);
    scrollTo(0, 0);
  } else {
    history.replaceState(null, "", to);
  }
  here.value = to;
}

/** Follows links of this page without loading it again. */
export function followLinks(event: MouseEvent) {
  const link = (event.target as Element | null)?.closest?.("a");
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || link.target || link.origin !== location.origin) return;
  event.preventDefault();
  go(link.pathname + link.search);
}

function decode(text: string) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The application that the address names. */
export const opened = computed(() => {
  const parts = path.value.split("/").filter(Boolean).map(decode);
  return parts.length === 3 && parts[0] === "applications" ? { namespace: parts[1]!, name: parts[2]! } : null;
});

export const linkTo = (namespace: string, name: string) =>
  `/applications/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
