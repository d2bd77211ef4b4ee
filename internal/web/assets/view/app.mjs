import { useEffect, useMemo } from "../vendor/preact-hooks.mjs"
import { html } from "../html.mjs"
import { Forum } from "../model/forum.mjs"
import { identity, signedIn, start, startProblem } from "../model/session.mjs"
import "../model/theme.mjs"
import { DialogHost } from "./dialog.mjs"
import { MenuHost } from "./menu.mjs"
import { onDemand } from "./on-demand.mjs"
import { Shell } from "./shell.mjs"
import { Toasts } from "./toasts.mjs"

const SignIn = onDemand(async () => (await import("./sign-in.mjs")).SignIn)

/** The whole page: sign-in or the forum, and what floats above either. */
export function App() {
  return html`<${Screen} /><${Toasts} /><${MenuHost} /><${DialogHost} />`
}

function Screen() {
  if (startProblem.value) return html`<${CannotStart} />`
  if (identity.value === undefined) return null
  if (identity.value === null) return html`<${SignIn} />`
  return html`<${Inside} key=${identity.value.user.id} />`
}

function Inside() {
  const forum = useMemo(() => new Forum(signedIn()), [])
  useEffect(() => {
    forum.open()
    return () => forum.close()
  }, [forum])
  return html`<${Shell} forum=${forum} />`
}

const TRY_AGAIN_MS = 3_000

/** The server does not answer: this page goes away by itself when it does. */
function CannotStart() {
  useEffect(() => {
    const timer = setInterval(start, TRY_AGAIN_MS)
    return () => clearInterval(timer)
  }, [])
  return html`<main class="notice-page">
    <h1>Not quite there</h1>
    <p>${startProblem.value}</p>
    <button type="button" class="button button-primary" onClick=${() => start()}>Try again</button>
  </main>`
}
