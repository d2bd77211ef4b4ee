import { render } from "./vendor/preact.mjs"
import { Reference } from "./docs/reference.mjs"
import { html } from "./html.mjs"

const place = /** @type {HTMLElement} */ (document.getElementById("docs"))

try {
  const response = await fetch("/openapi.json")
  if (!response.ok) throw new Error(`/openapi.json answered ${response.status}.`)
  render(html`<${Reference} api=${await response.json()} />`, place)
  document.getElementById(location.hash.slice(1))?.scrollIntoView()
} catch (problem) {
  const text = problem instanceof Error ? problem.message : String(problem)
  render(html`<main class="notice-page"><h1>The reference cannot be shown</h1><p>${text}</p></main>`, place)
}
