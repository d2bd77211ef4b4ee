import { h } from "./vendor/preact.mjs"
import htm from "./vendor/htm.mjs"

/** Tagged template that makes Preact elements: html`<${Avatar} name=${name} />` */
export const html = /** @type {(strings: TemplateStringsArray, ...values: any[]) => import("./vendor/preact.mjs").VNode} */ (
  htm.bind(h)
)
