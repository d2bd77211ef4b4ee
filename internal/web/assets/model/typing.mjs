import { signal } from "../vendor/signals.mjs"

/** Longer than the 6 s after which the server itself ends it: only for when that frame is lost. */
const FORGOTTEN_AFTER_MS = 8_000
const ONCE_EVERY_MS = 1_000

/** Who else is writing in a thread. */
export class TypingPeople {
  names = signal(/** @type {readonly string[]} */ ([]))
  /** @type {Map<number, {name: string, timer: ReturnType<typeof setTimeout>}>} */ #people = new Map()

  /**
   * @param {number} userId
   * @param {string} name
   * @param {boolean} isTyping
   */
  heard(userId, name, isTyping) {
    clearTimeout(this.#people.get(userId)?.timer)
    this.#people.delete(userId)
    if (isTyping) {
      const timer = setTimeout(() => this.heard(userId, name, false), FORGOTTEN_AFTER_MS)
      this.#people.set(userId, { name, timer })
    }
    this.names.value = Array.from(this.#people.values(), person => person.name)
  }

  clear() {
    for (const { timer } of this.#people.values()) clearTimeout(timer)
    this.#people.clear()
    this.names.value = []
  }
}

/** Tells others that the reader is writing, at most once a second, and once that they stopped. */
export class TypingNotice {
  /** @type {(isTyping: boolean) => void} */ #tell
  #lastTold = -Infinity

  /** @param {(isTyping: boolean) => void} tell */
  constructor(tell) {
    this.#tell = tell
  }

  /** @param {string} text  what stands in the composer now */
  changed(text) {
    if (!text.trim()) return this.stopped()
    const now = performance.now()
    if (now - this.#lastTold < ONCE_EVERY_MS) return
    this.#lastTold = now
    this.#tell(true)
  }

  stopped() {
    if (this.#lastTold === -Infinity) return
    this.#lastTold = -Infinity
    this.#tell(false)
  }
}
