import { useSignal } from "@preact/signals";
import { logIn } from "./state";

export function Login() {
  const token = useSignal("");
  const wrong = useSignal("");
  const busy = useSignal(false);

  const submit = async (event: Event) => {
    event.preventDefault();
    busy.value = true;
    try {
      await logIn(token.value.trim());
    } catch (why) {
      wrong.value = (why as Error).message;
    } finally {
      busy.value = false;
    }
  };

  return (
    <main class="login">
      <h1>Holdfast</h1>
      <form onSubmit={submit}>
        <label for="token">Kubernetes token</label>
        <input
          id="token"
          type="password"
          autocomplete="off"
          spellcheck={false}
          required
          autofocus
          value={token.value}
          aria-describedby="token-help login-wrong"
          aria-invalid={wrong.value !== ""}
          onInput={(event) => (token.value = event.currentTarget.value)}
        />
        <p id="login-wrong" class="wrong" role="alert">
          {wrong.value}
        </p>
        <button class="primary" disabled={busy.value}>
          Log in
        </button>
        <p id="token-help" class="quiet">
          You see and may do here what you may with kubectl. A token of a ServiceAccount:
          <code>kubectl create token NAME -n NAMESPACE</code>
        </p>
      </form>
    </main>
  );
}
