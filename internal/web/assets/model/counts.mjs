/** @import { CountAnswer } from "../types.d.ts" */
import { signal } from "../vendor/signals.mjs"

/**
 * The reader's unread notifications, in all and by thread.
 *
 * Counts arrive in answers and in frames, which overtake each other. Each
 * carries a version that only grows; whatever is older than what is known is
 * dropped.
 */
export class Counts {
  total = signal(0)
  #version = -1
  /** @type {Map<number, number>} */ #threadVersions = new Map()

  /** @param {number|undefined} count @param {number|undefined} version */
  setTotal(count, version) {
    if (count === undefined || version === undefined || version < this.#version) return
    this.#version = version
    this.total.value = count
  }

  /** @param {CountAnswer} answer */
  take(answer) {
    this.setTotal(answer.unread_count ?? answer.count, answer.count_version)
  }

  /**
   * Whether news of this version about a thread is news; if so it is noted.
   * @param {number} threadId
   * @param {number} version
   */
  isNews(threadId, version) {
    if (version < (this.#threadVersions.get(threadId) ?? -1)) return false
    this.#threadVersions.set(threadId, version)
    return true
  }
}
