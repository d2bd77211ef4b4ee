/** @import { Api, Schema } from "./openapi.mjs" */
import { html } from "../html.mjs"
import { limitsOf, nameOf, resolve, typeOf } from "./openapi.mjs"

/** Schemas may contain themselves; this deep one has understood. */
const DEEPEST = 4

/** What stands in an object, field by field. @param {{api: Api, schema: Schema, depth: number}} props */
export function SchemaFields({ api, schema, depth }) {
  const shape = inner(api, schema)
  if (!shape?.properties || depth > DEEPEST) return null
  const required = new Set(shape.required ?? [])
  return html`<dl class="fields">
    ${Object.entries(shape.properties).map(([name, field]) => html`<${Field} key=${name} api=${api} name=${name} field=${field} required=${required.has(name)} depth=${depth} />`)}
  </dl>`
}

/** @param {{api: Api, name: string, field: Schema, required: boolean, depth: number}} props */
function Field({ api, name, field, required, depth }) {
  const nested = inner(api, field)?.properties && depth < DEEPEST
  return html`<div>
    <dt><code>${name}</code>${required && html`<small>required</small>`}</dt>
    <dd>
      <span class="type">${typeOf(field)}</span> <span class="limits">${limitsOf(field).join(" · ")}</span> ${field.description}
      ${nested && html`<details><summary>Fields</summary><${SchemaFields} api=${api} schema=${field} depth=${depth + 1} /></details>`}
    </dd>
  </div>`
}

/** @param {{api: Api, name: string, schema: Schema}} props */
export function SchemaCard({ api, name, schema }) {
  return html`<article class="operation" id=${`schema-${name}`}>
    <h3><a href=${`#schema-${name}`}><code>${name}</code></a></h3>
    ${schema.description && html`<p class="operation-text">${schema.description}</p>`}
    <${SchemaFields} api=${api} schema=${schema} depth=${DEEPEST} />
  </article>`
}

/**
 * The object within references, arrays and alternatives with null.
 * @param {Api} api
 * @param {Schema} schema
 * @returns {Schema|undefined}
 */
function inner(api, schema) {
  if (!schema) return undefined
  if (nameOf(schema)) return inner(api, resolve(api, schema))
  if (schema.items) return inner(api, schema.items)
  const choice = (schema.anyOf ?? schema.oneOf)?.find((/** @type {Schema} */ one) => one.type !== "null")
  return choice ? inner(api, choice) : schema
}
