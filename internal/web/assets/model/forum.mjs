/** @import { State } from "../connection.mjs" */
/** @import { Identity } from "./session.mjs" */
import { batch, signal } from "../vendor/signals.mjs"
import { Connection } from "../connection.mjs"
import { countNotifications } from "../api/people.mjs"
import { ThreadBook } from "./book.mjs"
import { Counts } from "./counts.mjs"
import { forumFrames } from "./forum-frames.mjs"
import { Notifications } from "./notifications.mjs"
import { Rooms } from "./rooms.mjs"
import { renewIdentity } from "./session.mjs"
import { ThreadList } from "./threads.mjs"

/** Everything a signed-in person has before them, and the stream that keeps it so. */
export class Forum {
  book = new ThreadBook()
  counts = new Counts()
  list = new ThreadList(this.book)
  notifications = new Notifications(this.counts)
  rooms = new Rooms(this)
  connection = signal(/** @type {State|null} */ (null))
  #stream

  /** @param {Identity} identity */
  constructor({ user, permissions }) {
    this.user = user
    this.permissions = permissions
    this.#stream = new Connection("/api/forum/ws/global", {
      onFrame: frame => batch(() => forumFrames[frame.type]?.(this, frame)),
      onState: state => this.#streamIs(state),
      onGap: () => this.#refetch(),
    })
  }

  async open() {
    this.#stream.start(await this.list.reload())
  }

  close() {
    this.rooms.leaveAll()
    this.#stream.stop()
  }

  reconnect() {
    this.#stream.reconnectNow()
  }

  /** Rights changed: asks anew who this is and what there is to see. */
  async renew() {
    await renewIdentity()
    await this.#refetch()
  }

  async #refetch() {
    await this.list.reload()
    this.counts.take(await countNotifications())
  }

  /** @param {State} state */
  #streamIs(state) {
    this.connection.value = state
    if (state.phase === "closed" && state.code === 1008) this.checkSession()
  }

  /** The server refused this session: if it is over, the sign-in page shows. */
  checkSession() {
    countNotifications().catch(() => {})
  }

  /**
   * Whether the reader is looking at a thread right now.
   * @param {number} threadId
   */
  isWatching(threadId) {
    return document.visibilityState === "visible" && this.rooms.isOpen(threadId)
  }
}
