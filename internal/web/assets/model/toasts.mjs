import { signal } from "../vendor/signals.mjs"

/** @typedef {{id: number, kind: "news"|"problem"|"done", text: string, detail: string, href: string}} Toast */

const SHOWN_MS = 7_000
const AT_MOST = 3

export const toasts = signal(/** @type {readonly Toast[]} */ ([]))
let lastId = 0

/**
 * Shows a short notice for a few seconds.
 * @param {Partial<Toast> & {text: string}} toast
 */
export function notify(toast) {
  const entry = { id: ++lastId, kind: /** @type {const} */ ("news"), detail: "", href: "", ...toast }
  toasts.value = [...toasts.value, entry].slice(-AT_MOST)
  setTimeout(() => dismiss(entry.id), SHOWN_MS)
}

/** @param {number} id */
export function dismiss(id) {
  toasts.value = toasts.value.filter(toast => toast.id !== id)
}

/**
 * Runs an action; should it fail, its problem is shown in the server's words.
 * @template T
 * @param {() => Promise<T>} action
 * @returns {Promise<T|undefined>}
 */
export async function attempt(action) {
  try {
    return await action()
  } catch (problem) {
    notify({ kind: "problem", text: problem instanceof Error ? problem.message : String(problem) })
    return undefined
  }
}
