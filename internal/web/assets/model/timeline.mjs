/** @import { Message } from "../types.d.ts" */
import { signal } from "../vendor/signals.mjs"

/** More than this many messages are not kept at once; the far end is dropped and loaded again when needed. */
export const WINDOW = 400

/**
 * An unbroken stretch of a thread's messages, oldest first.
 *
 * `older` and `newer` say whether the thread goes on beyond either end. While
 * `newer` is true the stretch is not at the thread's end, so live messages are
 * not part of it: they will be loaded when the reader gets there.
 */
export class Timeline {
  messages = signal(/** @type {readonly Message[]} */ ([]))
  older = signal(false)
  newer = signal(false)

  get first() {
    return this.messages.value[0]
  }

  get last() {
    return this.messages.value.at(-1)
  }

  /** @param {number} id */
  find(id) {
    return this.messages.value.find(message => message.id === id)
  }

  /**
   * @param {readonly Message[]} messages
   * @param {{older: boolean, newer: boolean}} beyond
   */
  reset(messages, { older, newer }) {
    this.messages.value = messages
    this.older.value = older
    this.newer.value = newer
  }

  /**
   * @param {readonly Message[]} page
   * @param {boolean} more  whether there are still older ones
   */
  prepend(page, more) {
    const all = [...page, ...this.messages.value]
    if (all.length > WINDOW) this.newer.value = true
    this.messages.value = all.slice(0, WINDOW)
    this.older.value = more
  }

  /**
   * @param {readonly Message[]} page
   * @param {boolean} more  whether there are still newer ones
   */
  append(page, more) {
    const known = this.last?.id ?? 0
    const all = [...this.messages.value, ...page.filter(message => message.id > known)]
    if (all.length > WINDOW) this.older.value = true
    this.messages.value = all.slice(-WINDOW)
    this.newer.value = more
  }

  /**
   * Puts a message in its place, unless it lies beyond the stretch.
   * @param {Message} message
   * @returns {boolean} whether it is part of the stretch now and was not before
   */
  insert(message) {
    const messages = this.messages.value
    const at = messages.findLastIndex(other => other.id <= message.id) + 1
    if (messages[at - 1]?.id === message.id) return false
    if (at === messages.length && this.newer.value) return false
    if (at === 0 && this.older.value) return false
    this.messages.value = messages.toSpliced(at, 0, message)
    return true
  }

  /**
   * @param {number} id
   * @param {Partial<Message>} fields
   */
  patch(id, fields) {
    this.messages.value = this.messages.value.map(message => (message.id === id ? { ...message, ...fields } : message))
  }

  /**
   * Takes messages out; replies that quote them lose their quote.
   * @param {readonly number[]} ids
   */
  remove(ids) {
    const gone = new Set(ids)
    this.messages.value = this.messages.value
      .filter(message => !gone.has(message.id))
      .map(message => (gone.has(message.reply_to_message?.id ?? 0) ? { ...message, reply_to_message: null } : message))
  }

  /**
   * A message was edited: quotes of it show the new text.
   * @param {number} id
   * @param {string} content
   */
  requote(id, content) {
    const excerpt = [...content].slice(0, 100).join("")
    this.messages.value = this.messages.value.map(message =>
      message.reply_to_message?.id === id
        ? { ...message, reply_to_message: { ...message.reply_to_message, content: excerpt } }
        : message,
    )
  }
}
