// Requests to the operator. An answer that is none of 2xx is thrown.

const base = "/api/holdfast/v1/";

export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly missing = "",
  ) {
    super(message);
  }
}

export async function ask<T>(method: string, path: string, body?: object): Promise<T> {
  const headers: Record<string, string> = {};
  if (method !== "GET") headers["Content-Type"] = "application/json";
  let answer: Response;
  try {
    answer = await fetch(base + path, {
      method,
      headers,
      body: body ? JSON.stringify(body) : undefined,
      signal: AbortSignal.timeout(30_000),
    });
  } catch {
    throw new Refused(0, "The operator cannot be reached.");
  }
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw new Refused(answer.status, said.message ?? `The operator answers ${answer.status}.`, said.missing);
  }
  return said as T;
}

export const pathOf = (namespace: string, name: string) =>
  `applications/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;

/** Where a stream of changes is opened. */
export function watchUrl(topics: string, after: string): string {
  return `${base}watch?${new URLSearchParams({ topics, after })}`;
}
