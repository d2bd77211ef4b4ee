/** @import { Api, Operation, Schema } from "./openapi.mjs" */
import { html } from "../html.mjs"
import { limitsOf, resolve, typeOf } from "./openapi.mjs"
import { SchemaFields } from "./schema.mjs"

/** @param {{api: Api, operation: Operation}} props */
export function OperationView({ api, operation: { id, method, path, about, parameters } }) {
  const body = resolve(api, about.requestBody)
  return html`<article class="operation" id=${id}>
    <h3><a href=${`#${id}`}><span class=${`method method-${method}`}>${method}</span><code>${path}</code></a></h3>
    ${about.summary && html`<p class="operation-summary">${about.summary}</p>`}
    ${about.description && html`<p class="operation-text">${about.description}</p>`}
    ${parameters.length > 0 && html`<h4>Parameters</h4><${Parameters} parameters=${parameters} />`}
    ${body && html`<h4>Body${body.required ? "" : " (optional)"}</h4><${Content} api=${api} content=${body.content} />`}
    <h4>Answers</h4>
    ${Object.entries(about.responses ?? {}).map(([status, response]) => html`<${Answer} key=${status} api=${api} status=${status} response=${resolve(api, response)} />`)}
  </article>`
}

/** @param {{parameters: any[]}} props */
function Parameters({ parameters }) {
  return html`<dl class="fields">
    ${parameters.map(({ name, in: where, required, description, schema }) => html`<div>
      <dt><code>${name}</code><small>${where}${required ? ", required" : ""}</small></dt>
      <dd><span class="type">${typeOf(schema)}</span> <span class="limits">${limitsOf(schema).join(" · ")}</span> ${description}</dd>
    </div>`)}
  </dl>`
}

/** @param {{api: Api, status: string, response: any}} props */
function Answer({ api, status, response }) {
  const label = html`<span class=${`status status-${status[0]}`}>${status}</span><span>${response.description}</span>`
  if (!response.content) return html`<p class="answer">${label}</p>`
  const types = Object.values(response.content).map(({ schema }) => typeOf(schema))
  return html`<details class="answer">
    <summary>${label} <span class="type">${types.join(" or ")}</span></summary>
    <${Content} api=${api} content=${response.content} />
  </details>`
}

/** @param {{api: Api, content: Record<string, {schema: Schema}>}} props */
function Content({ api, content }) {
  return html`${Object.entries(content ?? {}).map(([mime, { schema }]) => html`<div class="content">
    <p class="content-type"><code>${mime}</code> ${typeOf(schema)}</p>
    <${SchemaFields} api=${api} schema=${schema} depth=${0} />
  </div>`)}`
}
