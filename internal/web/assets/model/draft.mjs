import { effect, signal } from "../vendor/signals.mjs"
import { recall, remember } from "./storage.mjs"

/**
 * What is being written in a thread, kept until it is sent.
 * @param {number} userId
 * @param {number} threadId
 */
export function draftFor(userId, threadId) {
  const key = `${userId}:draft:${threadId}`
  const draft = signal(recall(key, ""))
  effect(() => remember(key, draft.value))
  return draft
}
