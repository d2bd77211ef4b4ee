/** @import { Room } from "./room.mjs" */
import { markRead } from "../api/threads.mjs"

/** Scrolling past fifty messages is one request, not fifty. */
const GATHER_MS = 600

/** How far the reader has got in one thread: forward only. */
export class Reading {
  #room
  #told = 0
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #timer

  /** @param {Room} room */
  constructor(room) {
    this.#room = room
  }

  /**
   * The reader has this message, and so all before it, before their eyes.
   * @param {number} id
   */
  seen(id) {
    const thread = this.#room.thread.value
    if (!thread || id <= (thread.last_read_message_id ?? 0)) return
    if (!thread.unread_messages && !thread.unread_count) return
    this.#room.patchThread({ last_read_message_id: id, unread_messages: this.#leftAfter(id) })
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#tell(), GATHER_MS)
  }

  /** @param {number} id @returns {number} unread messages beyond this one */
  #leftAfter(id) {
    const { timeline, thread } = this.#room
    const from = thread.value?.last_read_message_id ?? 0
    if (!timeline.newer.value && id >= (timeline.last?.id ?? 0)) return 0
    const passed = timeline.messages.value.filter(m => m.id > from && m.id <= id && m.user_id !== this.#room.userId)
    return Math.max(0, (thread.value?.unread_messages ?? 0) - passed.length)
  }

  async #tell() {
    this.#timer = undefined
    const id = this.#room.thread.value?.last_read_message_id ?? 0
    if (id <= this.#told) return
    this.#told = id
    try {
      const answer = await markRead(this.#room.id, id)
      this.#room.forum.counts.setTotal(answer.total_unread, answer.count_version)
    } catch {
      this.#told = 0 // what comes into view next tells again
    }
  }

  /** Tells at once what has been read so far. */
  flush() {
    if (this.#timer === undefined) return
    this.stop()
    this.#tell()
  }

  /** Tells nothing any more. */
  stop() {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
