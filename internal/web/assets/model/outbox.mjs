/** @import { Message, Outgoing, Quote } from "../types.d.ts" */
import { signal } from "../vendor/signals.mjs"
import { postMessage } from "../api/messages.mjs"
import { Problem, newKey } from "../api/request.mjs"
import { recall, remember } from "./storage.mjs"

/** Idempotency keys are good for a day; what is older is left to the reader to send again. */
const KEY_LIFETIME_MS = 23 * 3600_000

/**
 * Messages of one thread on their way to the server: shown at once, sent one
 * after the other, kept across reloads. The Idempotency-Key makes repeating
 * harmless, so whatever failed in passing is simply sent again.
 */
export class Outbox {
  waiting = signal(/** @type {readonly Outgoing[]} */ ([]))
  #threadId
  #storageKey
  #delivered
  #sending = false
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #retry

  /**
   * @param {number} threadId
   * @param {number} userId
   * @param {(message: Message) => void} delivered
   */
  constructor(threadId, userId, delivered) {
    this.#threadId = threadId
    this.#storageKey = `${userId}:outbox:${threadId}`
    this.#delivered = delivered
    this.waiting.value = recall(this.#storageKey, /** @type {Outgoing[]} */ ([])).map(stale)
  }

  /**
   * @param {string} content
   * @param {Quote|null} replyTo
   */
  add(content, replyTo) {
    const createdAt = new Date().toISOString()
    this.#set([...this.waiting.value, { key: newKey(), content, replyTo, createdAt, state: "sending", problem: "" }])
    this.send()
  }

  /** Sends what waits, in order. Safe to call at any time. */
  async send() {
    if (this.#sending) return
    this.#sending = true
    clearTimeout(this.#retry)
    try {
      for (let next = this.#next(); next; next = this.#next()) {
        if (!(await this.#deliver(next))) break
      }
    } finally {
      this.#sending = false
    }
  }

  /** @param {string} key */
  tryAgain(key) {
    this.#change(key, { state: "sending", problem: "" })
    this.send()
  }

  /** @param {string} key */
  discard(key) {
    this.#set(this.waiting.value.filter(entry => entry.key !== key))
  }

  /**
   * A message of the reader's own arrived on the live stream, perhaps before
   * the answer to its request: it must not stand there twice.
   * @param {Message} message
   */
  arrived(message) {
    const same = this.waiting.value.find(entry => entry.state === "sending" && entry.content === message.content)
    if (same) this.discard(same.key)
  }

  /** Leaves everything as it is, for the next visit. */
  close() {
    clearTimeout(this.#retry)
  }

  #next() {
    return this.waiting.value.find(entry => entry.state === "sending")
  }

  /**
   * @param {Outgoing} entry
   * @returns {Promise<boolean>} whether to go on with the next
   */
  async #deliver(entry) {
    try {
      const body = { content: entry.content, reply_to_id: entry.replyTo?.id }
      this.#delivered(await postMessage(this.#threadId, body, entry.key))
      this.discard(entry.key)
      return true
    } catch (problem) {
      return this.#failed(entry, problem)
    }
  }

  /**
   * @param {Outgoing} entry
   * @param {unknown} problem
   */
  #failed(entry, problem) {
    if (problem instanceof Problem && problem.passing) {
      this.#retry = setTimeout(() => this.send(), 1000 * (problem.retryAfter || 2 + 3 * Math.random()))
      return false
    }
    this.#change(entry.key, { state: "failed", problem: problem instanceof Error ? problem.message : String(problem) })
    return true
  }

  /** @param {string} key @param {Partial<Outgoing>} fields */
  #change(key, fields) {
    this.#set(this.waiting.value.map(entry => (entry.key === key ? { ...entry, ...fields } : entry)))
  }

  /** @param {readonly Outgoing[]} waiting */
  #set(waiting) {
    this.waiting.value = waiting
    remember(this.#storageKey, waiting)
  }
}

/** @param {Outgoing} entry @returns {Outgoing} */
function stale(entry) {
  const old = Date.now() - Date.parse(entry.createdAt) > KEY_LIFETIME_MS
  return old && entry.state === "sending" ? { ...entry, state: "failed", problem: "This was not sent in time.", key: newKey() } : entry
}
