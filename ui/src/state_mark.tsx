// A state as a sign and a word: colour alone tells nobody anything.

const signs: Record<string, [string, string]> = {
  Synced: ["✓", "good"],
  Healthy: ["✓", "good"],
  Succeeded: ["✓", "good"],
  Pruned: ["✓", "good"],
  OutOfSync: ["≠", "warn"],
  Missing: ["∅", "warn"],
  Progressing: ["…", "busy"],
  Running: ["…", "busy"],
  Terminating: ["…", "busy"],
  Suspended: ["‖", "calm"],
  PruneSkipped: ["‖", "calm"],
  Degraded: ["✕", "bad"],
  Failed: ["✕", "bad"],
  Error: ["✕", "bad"],
  SyncFailed: ["✕", "bad"],
};

export function State({ is }: { is: string | undefined }) {
  if (!is) return null;
  const [sign, tone] = signs[is] ?? ["?", "calm"];
  return (
    <span class={`state ${tone}`}>
      <span aria-hidden="true">{sign}</span> {is}
    </span>
  );
}
