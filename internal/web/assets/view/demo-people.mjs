/** @import { DemoPerson } from "../types.d.ts" */
import { useSignal } from "../vendor/signals.mjs"
import { html } from "../html.mjs"
import { demoSignIn } from "../api/auth.mjs"
import { enter } from "../model/session.mjs"
import { Avatar, RoleBadge } from "./person.mjs"

/** The people of the demo community: a click and one is them. @param {{people: DemoPerson[]}} props */
export function DemoPeople({ people }) {
  const problem = useSignal("")
  const become = (/** @type {string} */ username) => enter(() => demoSignIn(username)).catch(p => (problem.value = p.message))
  return html`<section class="demo" aria-labelledby="demo-title">
    <h2 id="demo-title">Who would you like to be?</h2>
    <p class="demo-hint">This is a demo. Open a second browser, be somebody else, and talk.</p>
    <ul class="demo-people">
      ${people.map(person => html`<li key=${person.id}><${Card} person=${person} onPick=${become} /></li>`)}
    </ul>
    ${problem.value && html`<p class="form-problem" role="alert">${problem.value}</p>`}
  </section>`
}

/** @param {{person: DemoPerson, onPick: (username: string) => void}} props */
function Card({ person, onPick }) {
  return html`<button type="button" class="demo-card" onClick=${() => onPick(person.username)}>
    <${Avatar} name=${person.username} size="large" />
    <span class="demo-card-text">
      <span class="demo-card-name">${person.username}<${RoleBadge} role=${person.user_role} color=${person.user_badge_color} always /></span>
      <span class="demo-card-about">${person.about}</span>
    </span>
  </button>`
}
