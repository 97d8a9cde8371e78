// Small texts.

import { signal } from "@preact/signals";

const clock = signal(Date.now());
setInterval(() => (clock.value = Date.now()), 20_000);

/** "3 min ago"; the exact time is for the title. */
export function ago(time: string | undefined): string {
  if (!time) return "";
  const now = Math.max(clock.value, Date.now());
  const seconds = Math.max(0, Math.round((now - Date.parse(time)) / 1000));
  const steps: [number, string][] = [
    [86_400, "d"],
    [3_600, "h"],
    [60, "min"],
  ];
  for (const [length, unit] of steps) {
    if (seconds >= length) return `${Math.floor(seconds / length)} ${unit} ago`;
  }
  return seconds < 5 ? "just now" : `${seconds} s ago`;
}

/** How long from one to the other. */
export function took(from: string, to: string | undefined): string {
  const seconds = Math.max(0, Math.round(((to ? Date.parse(to) : Date.now()) - Date.parse(from)) / 1000));
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3_600 ? `${Math.floor(seconds / 60)} min ${seconds % 60} s` : `${Math.floor(seconds / 3_600)} h`;
}

/** A commit as people say it; everything else as it is. */
export const short = (revision = "") => (/^[0-9a-f]{40,64}$/.test(revision) ? revision.slice(0, 8) : revision);

export const count = (number: number, one: string, many = `${one}s`) =>
  `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

/** Who began something. */
export function by(who: { username?: string; automated?: boolean } | undefined): string {
  return who?.username || (who?.automated ? "automatically" : "");
}
