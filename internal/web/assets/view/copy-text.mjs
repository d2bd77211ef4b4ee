import { notify } from "../model/toasts.mjs"

/**
 * @param {string} text
 * @param {string} done  said when it is copied
 */
export async function copyText(text, done) {
  try {
    await navigator.clipboard.writeText(text)
    notify({ kind: "done", text: done })
  } catch {
    notify({ kind: "problem", text: "This browser does not let the page copy.", detail: text })
  }
}
