import { render } from "./vendor/preact.mjs"
import { start } from "./model/session.mjs"
import { App } from "./view/app.mjs"
import { html } from "./html.mjs"

render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById("app")))
start()
