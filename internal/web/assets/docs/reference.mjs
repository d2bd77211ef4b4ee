/** @import { Api, Group } from "./openapi.mjs" */
import { useMemo } from "../vendor/preact-hooks.mjs"
import { useSignal } from "../vendor/signals.mjs"
import { html } from "../html.mjs"
import { Logo } from "../view/icon.mjs"
import { groupsOf, search } from "./openapi.mjs"
import { OperationView } from "./operation.mjs"
import { SchemaCard } from "./schema.mjs"

/** The whole API on one page: an index to search, and everything in full. @param {{api: Api}} props */
export function Reference({ api }) {
  const query = useSignal("")
  const all = useMemo(() => groupsOf(api), [api])
  const groups = search(all, query.value)
  const schemas = Object.entries(api.components?.schemas ?? {})
  return html`<div class="docs">
    <nav class="docs-index" aria-label="Operations">
      <a class="docs-brand" href="/forum"><${Logo} /><span>Back to the forum</span></a>
      <input class="docs-search" type="search" placeholder="Search…" aria-label="Search operations" value=${query.value} onInput=${(/** @type {any} */ event) => (query.value = event.target.value)} />
      ${groups.map(group => html`<${IndexGroup} key=${group.name} group=${group} />`)}
      ${!groups.length && html`<p class="docs-none">Nothing matches.</p>`}
    </nav>
    <main class="docs-main">
      <header>
        <h1>${api.info.title}</h1>
        <p>${api.info.description}</p>
        <p class="docs-meta">Version ${api.info.version} · OpenAPI 3.1: <a href="/openapi.json">/openapi.json</a></p>
      </header>
      ${groups.map(group => html`<section key=${group.name}>
        <h2>${group.name}</h2>
        ${group.description && html`<p>${group.description}</p>`}
        ${group.operations.map(operation => html`<${OperationView} key=${operation.id} api=${api} operation=${operation} />`)}
      </section>`)}
      ${!query.value && schemas.length > 0 && html`<section>
        <h2>Schemas</h2>
        ${schemas.map(([name, schema]) => html`<${SchemaCard} key=${name} api=${api} name=${name} schema=${schema} />`)}
      </section>`}
    </main>
  </div>`
}

/** @param {{group: Group}} props */
function IndexGroup({ group }) {
  return html`<h2>${group.name}</h2>
    <ul>
      ${group.operations.map(({ id, method, path, about }) => html`<li key=${id}>
        <a href=${`#${id}`} title=${`${method.toUpperCase()} ${path}`}><span class=${`method method-${method}`}>${method}</span><span>${about.summary || path}</span></a>
      </li>`)}
    </ul>`
}
