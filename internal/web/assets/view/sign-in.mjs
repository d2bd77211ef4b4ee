import { useEffect } from "../vendor/preact-hooks.mjs"
import { useSignal } from "../vendor/signals.mjs"
import { html } from "../html.mjs"
import * as auth from "../api/auth.mjs"
import { enter, options, signInNotice } from "../model/session.mjs"
import { DemoPeople } from "./demo-people.mjs"
import { Field } from "./field.mjs"
import { Logo } from "./icon.mjs"

/** Ways in: a demo person, a password, a new account. */
export function SignIn() {
  const community = options.value?.community || "Parley"
  const demo = options.value?.demo ?? []
  useEffect(() => void (document.title = `Sign in · ${community}`), [community])
  return html`<div class="welcome">
    <${Scene} />
    <main class="welcome-main">
      <header class="welcome-header"><${Logo} /><h1>${community}</h1></header>
      <p class="welcome-line">Threads that are alive: write, and everybody sees it as you say it.</p>
      ${signInNotice.value && html`<p class="hint" role="status">${signInNotice.value}</p>`}
      ${demo.length > 0 && html`<${DemoPeople} people=${demo} />`}
      ${demo.length > 0
        ? html`<details class="welcome-more"><summary>Sign in with a password</summary><${Forms} /></details>`
        : html`<${Forms} />`}
    </main>
  </div>`
}

function Forms() {
  const registering = useSignal(false)
  const open = options.value?.registration === "open"
  const other = registering.value ? "I have an account" : "Create an account"
  return html`<div class="welcome-forms">
    <${registering.value ? RegisterForm : PasswordForm} />
    ${open && html`<button type="button" class="link-button" onClick=${() => (registering.value = !registering.value)}>${other}</button>`}
  </div>`
}

function PasswordForm() {
  return html`<${EntryForm} action="Sign in" way=${(/** @type {Record<string, string>} */ f) => auth.signIn(f.username, f.password)}>
    <${Field} name="username" label="Username or e-mail" autocomplete="username" required />
    <${Field} name="password" label="Password" type="password" autocomplete="current-password" required />
  <//>`
}

function RegisterForm() {
  const way = (/** @type {Record<string, string>} */ { username, password, email }) =>
    auth.register({ username, password, ...(email ? { email } : {}) })
  return html`<${EntryForm} action="Create account" way=${way}>
    <${Field} name="username" label="Username" autocomplete="username" pattern="[A-Za-z0-9_]{2,32}" hint="2 to 32 letters, digits or _" required />
    <${Field} name="password" label="Password" type="password" autocomplete="new-password" minlength="10" hint="10 characters or more" required />
    <${Field} name="email" label="E-mail (optional)" type="email" autocomplete="email" />
  <//>`
}

/** @param {{action: string, way: (fields: Record<string, string>) => Promise<unknown>, children: any}} props */
function EntryForm({ action, way, children }) {
  const problem = useSignal("")
  const busy = useSignal(false)
  const submit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault()
    const fields = Object.fromEntries(new FormData(/** @type {HTMLFormElement} */ (event.currentTarget)))
    busy.value = true
    problem.value = ""
    await enter(() => way(/** @type {Record<string, string>} */ (fields))).catch(p => (problem.value = p.message))
    busy.value = false
  }
  return html`<form class="form" onSubmit=${submit}>
    ${children}
    ${problem.value && html`<p class="form-problem" role="alert">${problem.value}</p>`}
    <button class="button button-primary" disabled=${busy.value}>${action}</button>
  </form>`
}

/** A conversation as a picture. */
function Scene() {
  const lines = [["left", 3], ["right", 2], ["left", 1], ["right", 4], ["left", 2], ["right", 1], ["left", 3]]
  return html`<div class="scene" aria-hidden="true">
    ${lines.map(([side, length]) => html`<i class=${`scene-bubble scene-${side} scene-length-${length}`}><b></b><b></b></i>`)}
  </div>`
}
