import { effect, signal } from "../vendor/signals.mjs"
import { recall, remember } from "./storage.mjs"

const PAUSE_MS = 250

/**
 * What is being written in a thread, kept until it is sent.
 * @param {number} userId
 * @param {number} threadId
 */
export function draftFor(userId, threadId) {
  const key = `${userId}:draft:${threadId}`
  const draft = signal(recall(key, ""))
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer
  effect(() => {
    const text = draft.value
    clearTimeout(timer)
    if (text) timer = setTimeout(remember, PAUSE_MS, key, text)
    else remember(key, null)
  })
  return draft
}
