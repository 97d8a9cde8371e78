// What the API says: api/row.cpp and api/detail.cpp write it.

export interface Row {
  namespace: string;
  name: string;
  project: string;
  sync: string;
  health: string;
  /** 0: look at it now, 4: all is well. */
  urgency: number;
  revision?: string;
  repoURL?: string;
  path?: string;
  cluster?: string;
  destinationNamespace?: string;
  phase?: string;
  finishedAt?: string;
  automated?: boolean;
  suspended?: boolean;
  reason?: string;
  message?: string;
}

export type Facets = Record<string, Record<string, number>>;

export interface Page {
  items: Row[];
  total: number;
  facets: Facets;
  continue?: string;
  /** Where the changes go on from. */
  changes: string;
}

export interface Condition {
  type: string;
  status: string;
  reason: string;
  message: string;
  lastTransitionTime: string;
}

export interface Source {
  repoURL: string;
  path?: string;
  chart?: string;
  targetRevision?: string;
}

export interface Resource {
  group?: string;
  kind: string;
  namespace?: string;
  name: string;
  status: string;
  health?: { status: string; message?: string };
  message?: string;
  hook?: boolean;
  requiresPruning?: boolean;
  syncWave?: number;
}

export interface ResourceResult {
  group?: string;
  kind: string;
  namespace?: string;
  name: string;
  status?: string;
  message?: string;
  hookType?: string;
  hookPhase?: string;
  syncPhase?: string;
}

export interface OperationState {
  phase: string;
  message?: string;
  startedAt: string;
  finishedAt?: string;
  retryCount?: number;
  nextRetryAt?: string;
  operation?: { initiatedBy?: { username?: string; automated?: boolean } };
  syncResult?: { revision?: string; resources?: ResourceResult[]; resourcesCount?: number };
}

export interface HistoryEntry {
  id: number;
  revision?: string;
  revisions?: string[];
  deployedAt: string;
  initiatedBy?: { username?: string; automated?: boolean };
}

export interface Possible {
  allowed: boolean;
  missing?: string;
  inTheWay?: string;
}

export type Action = "sync" | "refresh" | "terminate";

export interface Detail {
  metadata: { namespace: string; name: string; creationTimestamp?: string; deletionTimestamp?: string };
  spec: {
    project?: string;
    source?: Source;
    sources?: Source[];
    destination: { server?: string; name?: string; namespace?: string };
    syncPolicy?: { automated?: { prune?: boolean; selfHeal?: boolean; enabled?: boolean } };
    suspend?: boolean;
    hold?: string;
  };
  status: {
    conditions?: Condition[];
    sync?: { status: string; revision?: string; revisions?: string[]; shortRevision?: string };
    health?: { status: string; message?: string };
    operationState?: OperationState;
    pendingPrune?: { token: string; count: number; limit: number; resources?: string[] };
    history?: HistoryEntry[];
    resources?: Resource[];
    resourcesCount?: number;
    summary?: { images?: string[]; externalURLs?: string[] };
  };
  operation?: unknown;
  can: Record<Action, Possible>;
}

export interface Me {
  username: string;
  groups: string[];
  version: string;
}
