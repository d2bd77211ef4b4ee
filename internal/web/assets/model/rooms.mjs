/** @import { Forum } from "./forum.mjs" */
import { Room } from "./room.mjs"

/** Rooms kept after they were left: going back is instant, and what was missed is replayed. */
const KEPT = 6

/** The open rooms, and the ones just left. */
export class Rooms {
  #forum
  /** @type {Map<number, Room>} */ #open = new Map()
  /** @type {Map<number, Room>} in the order they were left */ #left = new Map()

  /** @param {Forum} forum */
  constructor(forum) {
    this.#forum = forum
  }

  /** @param {number} id */
  isOpen(id) {
    return this.#open.has(id)
  }

  /**
   * @param {number} id
   * @param {number|null} messageId
   * @returns {Room}
   */
  enter(id, messageId) {
    const known = this.#open.get(id)
    if (known) {
      known.reveal(messageId)
      return known
    }
    const room = this.#left.get(id) ?? new Room(id, this.#forum)
    this.#left.delete(id)
    this.#open.set(id, room)
    if (room.phase.value === "ready") room.resume(messageId)
    else room.open(messageId)
    return room
  }

  /** @param {number} id */
  leave(id) {
    const room = this.#open.get(id)
    if (!room) return
    this.#open.delete(id)
    room.pause()
    if (room.phase.value === "ready") this.#left.set(id, room)
    for (const oldest of this.#left.keys()) {
      if (this.#left.size > KEPT) this.#left.delete(oldest)
    }
  }

  /** Rights changed: what was kept may no longer be shown. */
  forgetLeft() {
    this.#left.clear()
  }

  leaveAll() {
    for (const id of [...this.#open.keys()]) this.leave(id)
    this.forgetLeft()
  }
}
