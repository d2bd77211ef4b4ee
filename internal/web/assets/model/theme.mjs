import { effect, signal } from "../vendor/signals.mjs"
import { recall, remember } from "./storage.mjs"

/** @typedef {"system"|"light"|"dark"} Theme */

/** The reader's choice; theme.js applies it before the first paint. */
export const theme = signal(/** @type {Theme} */ (recall("theme", "system")))

effect(() => {
  remember("theme", theme.value === "system" ? null : theme.value)
  if (theme.value === "system") delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme.value
})
