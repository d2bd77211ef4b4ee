/** @import { Activity, Thread } from "../types.d.ts" */
/** @import { Signal } from "../vendor/signals.mjs" */
import { signal } from "../vendor/signals.mjs"

/**
 * Every thread the page knows, each behind a signal of its own: the list, the
 * open thread and the panel look at the same one, so a change shows everywhere.
 */
export class ThreadBook {
  /** @type {Map<number, Signal<Thread>>} */ #threads = new Map()

  /** @param {number} id @returns {Signal<Thread>|undefined} */
  get(id) {
    return this.#threads.get(id)
  }

  /** @param {Thread} thread @returns {Signal<Thread>} */
  put(thread) {
    const known = this.#threads.get(thread.id)
    if (!known) return this.#remember(thread)
    known.value = { ...known.value, ...thread }
    return known
  }

  /** @param {Thread} thread */
  #remember(thread) {
    const entry = signal(thread)
    this.#threads.set(thread.id, entry)
    return entry
  }

  /**
   * @param {number} id
   * @param {Partial<Thread>} fields
   */
  patch(id, fields) {
    const known = this.#threads.get(id)
    if (known) known.value = { ...known.value, ...fields }
  }

  /** @param {number} id */
  forget(id) {
    this.#threads.delete(id)
  }

  /** Every thread's notifications were read at once. */
  nothingUnread() {
    for (const thread of this.#threads.values()) {
      if (thread.value.unread_count) thread.value = { ...thread.value, unread_count: 0 }
    }
  }

  /**
   * Somebody wrote: what is new is unread here, unless the reader is looking.
   * @param {Activity} activity
   * @param {boolean} watched  the thread's own stream keeps its unread count
   * @returns {Thread|undefined} the thread as it is now, if it is known
   */
  active({ thread_id, message_count, last_message_at }, watched) {
    const thread = this.get(thread_id)?.value
    if (!thread) return
    const added = watched ? 0 : Math.max(0, message_count - thread.message_count)
    this.patch(thread_id, { message_count, last_message_at, unread_messages: thread.unread_messages + added })
    return this.get(thread_id)?.value
  }
}
