import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { opened } from "./location";
import { act, detail, trouble } from "./state";
import { State } from "./state_mark";
import { Tree } from "./tree";
import type { Action, Condition, Detail, OperationState, Possible } from "./types";
import { ago, by, count, short, took } from "./words";

// "Ready" is said on top, and what is true of these is no news.
const quietConditions = ["Ready"];

function Section({ title, children }: { title: string; children: ComponentChildren }) {
  const id = `section-${title.toLowerCase()}`;
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}

/** What is wider than a phone is moved by the keyboard, too. */
function Scrolls({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <div class="scrolls" role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}

function Table({ label, columns, children }: { label: string; columns: string[]; children: ComponentChildren }) {
  return (
    <Scrolls label={label}>
      <table>
        <thead>
          <tr>
            {columns.map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </Scrolls>
  );
}

/** A button that says why it does nothing, to everybody. */
function Doing({ what, can, label, primary, onDo }: {
  what: Action;
  can: Possible;
  label: string;
  primary?: boolean;
  onDo: () => void;
}) {
  const why = can.missing ? `You lack the right to ${can.missing}.` : can.inTheWay ? `Not now: ${can.inTheWay}.` : "";
  return (
    <span class="doing">
      <button
        id={`do-${what}`}
        class={primary ? "primary" : ""}
        aria-disabled={!can.allowed}
        aria-describedby={why ? `why-${what}` : undefined}
        title={why}
        onClick={() => can.allowed && onDo()}
      >
        {label}
      </button>
      {why && (
        <span id={`why-${what}`} class="hidden">
          {why}
        </span>
      )}
    </span>
  );
}

function SyncDialog({ one, onClose }: { one: Detail; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const revision = useSignal("");
  const prune = useSignal(false);
  const dryRun = useSignal(false);
  const wrong = useSignal("");
  const hasOneSource = (one.spec.sources?.length ?? 1) === 1;
  const pruned = (one.status.resources ?? []).filter((resource) => resource.requiresPruning);
  useEffect(() => dialog.current?.showModal(), []);

  const submit = async (event: Event) => {
    event.preventDefault();
    const wanted: Record<string, unknown> = {};
    if (revision.value.trim()) wanted.revision = revision.value.trim();
    if (prune.value) wanted.prune = true;
    if (dryRun.value) wanted.dryRun = true;
    try {
      await act("sync", wanted);
      dialog.current?.close();
    } catch (why) {
      wrong.value = (why as Error).message;
    }
  };

  return (
    <dialog ref={dialog} aria-labelledby="sync-title" onClose={onClose}>
      <form onSubmit={submit}>
        <h2 id="sync-title">Sync {one.metadata.name}</h2>
        {hasOneSource && (
          <label>
            Revision
            <input
              value={revision.value}
              placeholder={one.spec.source?.targetRevision || "what the Application says"}
              spellcheck={false}
              onInput={(event) => (revision.value = event.currentTarget.value)}
            />
          </label>
        )}
        <label class="check">
          <input type="checkbox" checked={prune.value} onChange={(event) => (prune.value = event.currentTarget.checked)} />
          Prune: delete what the sources do not have any more
        </label>
        {prune.value && (
          <div class="notice">
            {pruned.length === 0 ? (
              "As far as is known, nothing is deleted."
            ) : (
              <>
                {count(pruned.length, "object")} would be deleted:
                <ul>
                  {pruned.map((resource) => (
                    <li key={`${resource.kind}/${resource.namespace}/${resource.name}`}>
                      {resource.kind} {resource.namespace && `${resource.namespace}/`}
                      {resource.name}
                    </li>
                  ))}
                </ul>
              </>
            )}
          </div>
        )}
        <label class="check">
          <input type="checkbox" checked={dryRun.value} onChange={(event) => (dryRun.value = event.currentTarget.checked)} />
          Dry run: say what would happen, change nothing
        </label>
        <p class="wrong" role="alert">
          {wrong.value}
        </p>
        <p class="buttons">
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button class="primary">Sync</button>
        </p>
      </form>
    </dialog>
  );
}

function Conditions({ all }: { all: Condition[] }) {
  const shown = all.filter((one) => !quietConditions.includes(one.type) && one.status === "True");
  if (shown.length === 0) return null;
  return (
    <Section title="Conditions">
      <dl class="conditions">
        {shown.map((one) => (
          <div key={one.type}>
            <dt>
              {one.type} <time class="quiet" dateTime={one.lastTransitionTime}>{ago(one.lastTransitionTime)}</time>
            </dt>
            <dd class="message">{one.message}</dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}

function Operation({ is }: { is: OperationState }) {
  const results = is.syncResult?.resources ?? [];
  const hooks = results.filter((one) => one.hookType);
  const failures = results.filter((one) => !one.hookType && one.status === "SyncFailed");
  const shown = [...failures, ...hooks];
  const who = by(is.operation?.initiatedBy);
  return (
    <Section title="Sync">
      <p>
        <State is={is.phase} /> {who && `${is.operation?.initiatedBy?.username ? "by " : ""}${who} · `}
        <time dateTime={is.startedAt}>{ago(is.startedAt)}</time> · {is.finishedAt ? "took" : "for"}{" "}
        {took(is.startedAt, is.finishedAt)}
        {is.syncResult?.revision && (
          <>
            {" "}
            · <code>{short(is.syncResult.revision)}</code>
          </>
        )}
      </p>
      {is.message && <p class="message">{is.message}</p>}
      {is.nextRetryAt && (
        <p>
          {count(is.retryCount ?? 0, "attempt")} failed; the next begins at{" "}
          <time dateTime={is.nextRetryAt}>{new Date(is.nextRetryAt).toLocaleTimeString()}</time>.
        </p>
      )}
      {shown.length > 0 && (
        <Table label="Hooks, and objects that failed" columns={["Object", "When", "Result", "Message"]}>
          {shown.map((one) => (
            <tr key={`${one.syncPhase}/${one.kind}/${one.namespace}/${one.name}`}>
              <td class="object">
                {one.kind} {one.name}
              </td>
              <td>{one.hookType ?? one.syncPhase}</td>
              <td>
                <State is={one.hookType ? one.hookPhase : one.status} />
              </td>
              <td>{one.message}</td>
            </tr>
          ))}
        </Table>
      )}
    </Section>
  );
}

function History({ one }: { one: Detail }) {
  const all = [...(one.status.history ?? [])].reverse();
  if (all.length === 0) return null;
  return (
    <Section title="History">
      <Table label="History" columns={["Revision", "Deployed", "By"]}>
        {all.map((entry) => (
          <tr key={entry.id}>
            <td>
              <code>{entry.revision ? short(entry.revision) : (entry.revisions ?? []).map(short).join(", ")}</code>
            </td>
            <td>
              <time dateTime={entry.deployedAt} title={new Date(entry.deployedAt).toLocaleString()}>
                {ago(entry.deployedAt)}
              </time>
            </td>
            <td>{by(entry.initiatedBy)}</td>
          </tr>
        ))}
      </Table>
    </Section>
  );
}

function Facts({ one }: { one: Detail }) {
  const sources = one.spec.sources?.length ? one.spec.sources : one.spec.source ? [one.spec.source] : [];
  const to = one.spec.destination;
  const automated = one.spec.syncPolicy?.automated;
  const isAutomated = automated && automated.enabled !== false;
  const urls = (one.status.summary?.externalURLs ?? []).filter((url) => /^https?:\/\//.test(url));
  return (
    <dl class="facts">
      <div>
        <dt>Project</dt>
        <dd>{one.spec.project || "default"}</dd>
      </div>
      {sources.map((source, at) => (
        <div key={at}>
          <dt>Source</dt>
          <dd>
            {source.repoURL} {source.chart || source.path} {source.targetRevision && <code>{source.targetRevision}</code>}
          </dd>
        </div>
      ))}
      <div>
        <dt>Destination</dt>
        <dd>
          {to.name || to.server} {to.namespace && `namespace ${to.namespace}`}
        </dd>
      </div>
      <div>
        <dt>Revision</dt>
        <dd>
          <code>{one.status.sync?.shortRevision || short(one.status.sync?.revision) || "not known yet"}</code>
        </dd>
      </div>
      <div>
        <dt>Syncs</dt>
        <dd>
          {one.spec.suspend
            ? "suspended"
            : isAutomated
              ? ["automatically", automated.prune && "prunes", automated.selfHeal && "heals"].filter(Boolean).join(", ")
              : "when somebody asks"}
        </dd>
      </div>
      {urls.length > 0 && (
        <div>
          <dt>Answers at</dt>
          <dd>
            {urls.map((url) => (
              <a key={url} href={url} target="_blank" rel="noreferrer">
                {url}
              </a>
            ))}
          </dd>
        </div>
      )}
    </dl>
  );
}

export function Application() {
  const asks = useSignal(false);
  const one = detail.value;
  const id = opened.value!;
  const doing = async (what: Action) => {
    try {
      await act(what, {});
    } catch (why) {
      trouble.value = (why as Error).message;
    }
  };
  const ready = one?.status.conditions?.find((condition) => condition.type === "Ready");
  return (
    <main id="main" tabIndex={-1}>
      <p class="crumbs">
        <a href="/applications">Applications</a>
      </p>
      <h1>
        {id.name} <span class="quiet">{id.namespace}</span>
      </h1>
      {trouble.value && (
        <p class="wrong" role="alert">
          {trouble.value}
        </p>
      )}
      {!one && !trouble.value && <p>Loading …</p>}
      {one && (
        <>
          <p class="states">
            <State is={one.status.health?.status ?? "Unknown"} /> <State is={one.status.sync?.status ?? "Unknown"} />
            {one.metadata.deletionTimestamp && " is being deleted"}
          </p>
          {ready && <p class={ready.status === "True" ? "quiet" : "message"}>{ready.message}</p>}
          {one.status.health?.message && one.status.health.message !== ready?.message && (
            <p class="message">{one.status.health.message}</p>
          )}
          {one.spec.hold && <p class="notice">Held: {one.spec.hold}</p>}
          {one.status.pendingPrune && (
            <p class="notice">
              {count(one.status.pendingPrune.count, "object")} would be deleted, more than{" "}
              {one.status.pendingPrune.limit}. To confirm it:
              <code>
                kubectl annotate applications.holdfast.dev/{id.name} -n {id.namespace} --overwrite holdfast.dev/confirm-prune=
                {one.status.pendingPrune.token}
              </code>
            </p>
          )}
          <p class="buttons">
            <Doing what="sync" can={one.can.sync} label="Sync …" primary onDo={() => (asks.value = true)} />
            <Doing what="refresh" can={one.can.refresh} label="Refresh" onDo={() => void doing("refresh")} />
            <Doing what="terminate" can={one.can.terminate} label="End the sync" onDo={() => void doing("terminate")} />
          </p>
          {asks.value && <SyncDialog one={one} onClose={() => (asks.value = false)} />}
          <Facts one={one} />
          <Conditions all={one.status.conditions ?? []} />
          {one.status.operationState && <Operation is={one.status.operationState} />}
          <Section title="Objects">
            <Tree resources={one.status.resources ?? []} total={one.status.resourcesCount ?? 0} />
          </Section>
          <History one={one} />
        </>
      )}
    </main>
  );
}
