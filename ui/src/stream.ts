// The one stream of changes of this tab. It rests while nobody looks, and goes on where it was.

import { watchUrl } from "./api";

export interface Told {
  applications?: (data: { upsert: never[]; remove: never[] }) => void;
  application?: (data: never) => void;
  /** What is shown may be old: load it again. */
  reset: () => void;
  /** The stream cannot go on: the login may be over. */
  ended: () => void;
}

const silence = 45_000;
const rest = 10_000;
const again = 3_000;

export class Stream {
  private source: EventSource | null = null;
  private heard = Date.now();
  private resting: number | undefined;
  private retry: number | undefined;
  private readonly clock: number;
  private readonly onVisible = () => this.visible();

  constructor(
    private readonly topics: string,
    private after: string,
    private readonly told: Told,
  ) {
    document.addEventListener("visibilitychange", this.onVisible);
    this.clock = setInterval(() => this.look(), 5_000);
    this.open();
  }

  close() {
    document.removeEventListener("visibilitychange", this.onVisible);
    clearInterval(this.clock);
    clearTimeout(this.resting);
    this.pause();
  }

  private pause() {
    clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
  }

  private open() {
    this.pause();
    this.heard = Date.now();
    const source = new EventSource(watchUrl(this.topics, this.after));
    const on = (name: string, use: (data: never) => void) =>
      source.addEventListener(name, (event) => {
        this.heard = Date.now();
        if (event.lastEventId) this.after = event.lastEventId;
        use(JSON.parse(event.data) as never);
      });
    on("applications", (data) => this.told.applications?.(data));
    on("application", (data) => this.told.application?.(data));
    on("reset", () => this.told.reset());
    on("alive", () => {});
    on("session", () => this.lost());
    source.onerror = () => {
      // The browser tries again by itself unless it was answered with a refusal.
      if (source.readyState === EventSource.CLOSED && this.source === source) this.lost();
    };
    this.source = source;
  }

  private lost() {
    this.pause();
    this.retry = setTimeout(() => this.open(), again);
    this.told.ended();
  }

  private look() {
    if (this.source && Date.now() - this.heard > silence) this.open();
  }

  private visible() {
    clearTimeout(this.resting);
    if (document.hidden) {
      this.resting = setTimeout(() => this.pause(), rest);
    } else if (!this.source) {
      this.open();
    }
  }
}
