/** @import { Message, Quote, Thread } from "../types.d.ts" */
/** @import { State } from "../connection.mjs" */
/** @import { Forum } from "./forum.mjs" */
import { batch, computed, signal } from "../vendor/signals.mjs"
import { Connection } from "../connection.mjs"
import { listMessages } from "../api/messages.mjs"
import { Problem } from "../api/request.mjs"
import { getThread } from "../api/threads.mjs"
import { draftFor } from "./draft.mjs"
import { openingStretch } from "./opening.mjs"
import { Outbox } from "./outbox.mjs"
import { Reading } from "./reading.mjs"
import { roomFrames } from "./room-frames.mjs"
import { Timeline } from "./timeline.mjs"
import { TypingNotice, TypingPeople } from "./typing.mjs"

const PAGE = 50

/** @typedef {"loading"|"ready"|"failed"|"gone"} Phase */
/** Where the view should look: at a message, or at the end (id null). @typedef {{id: number|null, highlight: boolean}} Focus */

/** One thread, open: its messages, who is writing, what is being sent, and the stream that keeps it so. */
export class Room {
  phase = signal(/** @type {Phase} */ ("loading"))
  /** Why it is `failed` or `gone`, for the reader. */
  problem = signal("")
  connection = signal(/** @type {State|null} */ (null))
  focus = signal(/** @type {Focus} */ ({ id: null, highlight: false }))
  /** The first message that was unread when the room was opened. */
  firstUnread = signal(/** @type {number|null} */ (null))
  replyTo = signal(/** @type {Quote|null} */ (null))
  editing = signal(/** @type {number|null} */ (null))
  /** How many people are here, the reader included; 0: not known. */
  viewers = signal(0)
  timeline = new Timeline()
  typing = new TypingPeople()
  reading = new Reading(this)
  #entry = signal(/** @type {import("../vendor/signals.mjs").Signal<Thread>|undefined} */ (undefined))
  thread = computed(() => this.#entry.value?.value)
  #stream
  #loadingPage = false

  /**
   * @param {number} id
   * @param {Forum} forum
   */
  constructor(id, forum) {
    this.id = id
    this.forum = forum
    this.userId = forum.user.id
    this.draft = draftFor(this.userId, id)
    this.#entry.value = forum.book.get(id)
    this.outbox = new Outbox(id, this.userId, message => this.#sent(message))
    this.#stream = new Connection(`/api/forum/ws/thread/${id}`, {
      onFrame: frame => batch(() => roomFrames[frame.type]?.(this, frame)),
      onState: state => this.#streamIs(state),
      onGap: () => this.#refetch(),
    })
    this.typingNotice = new TypingNotice(isTyping => this.#stream.send({ type: "typing", is_typing: isTyping }))
  }

  /**
   * Loads the thread and goes live.
   * @param {number|null} messageId  what the reader wants to see, if anything in particular
   */
  async open(messageId) {
    const eventId = await this.#load(messageId)
    if (eventId === null) return
    this.#stream.start(eventId)
    this.outbox.send()
  }

  /** Stops listening; what is known stays, for a later `resume`. */
  pause() {
    this.reading.flush()
    this.typingNotice.stopped()
    this.outbox.close()
    this.#stream.stop()
    this.typing.clear()
    this.firstUnread.value = null
    this.editing.value = null
    this.focus.value = { id: null, highlight: false }
  }

  /**
   * Back in a paused room: the stream tells what was missed.
   * @param {number|null} messageId
   */
  resume(messageId) {
    if (this.phase.value !== "ready" || this.thread.value?.unread_messages) return this.open(messageId)
    this.#stream.start()
    this.outbox.send()
    return this.reveal(messageId)
  }

  /**
   * @param {number|null} messageId
   * @returns {Promise<string|null>} the position to listen from; null when there is nothing to listen to
   */
  async #load(messageId) {
    try {
      const [thread, newest] = await Promise.all([getThread(this.id), listMessages(this.id, { limit: PAGE })])
      const opening = await openingStretch(thread, newest.messages, messageId, this.userId)
      batch(() => this.#show(thread, opening))
      return newest.eventId
    } catch (problem) {
      this.#cannotLoad(problem)
      return null
    }
  }

  /**
   * @param {Thread} thread
   * @param {import("./opening.mjs").Opening} opening
   */
  #show(thread, opening) {
    this.#entry.value = this.forum.book.put(thread)
    this.timeline.reset(opening.messages, opening)
    this.firstUnread.value = opening.firstUnread
    this.focus.value = opening.focus
    this.phase.value = "ready"
  }

  /** @param {unknown} problem */
  #cannotLoad(problem) {
    if (problem instanceof Problem && [403, 404].includes(problem.status)) return this.isGone("missing", "")
    this.problem.value = problem instanceof Error ? problem.message : String(problem)
    if (this.phase.value !== "ready") this.phase.value = "failed"
  }

  /** Events were missed: shows the thread as it is now, where the reader is. */
  async #refetch() {
    const atEnd = !this.timeline.newer.value
    await this.#load(atEnd ? null : (this.timeline.first?.id ?? null))
  }

  /** @param {State} state */
  #streamIs(state) {
    this.connection.value = state
    if (state.phase !== "open") this.viewers.value = 0
    if (state.code !== 1008 || this.phase.value === "gone") return
    if (/session|auth/i.test(state.reason)) this.forum.checkSession()
    else if (/not found|denied/i.test(state.reason)) this.isGone("denied", this.thread.value?.title ?? "")
  }

  /**
   * @param {"deleted"|"denied"|"missing"} how
   * @param {string} title
   */
  isGone(how, title) {
    const name = title ? `“${title}”` : "This thread"
    this.problem.value = {
      deleted: `${name} was deleted.`,
      denied: `${name} is no longer open to you.`,
      missing: "There is no such thread, or it is not open to you.",
    }[how]
    this.phase.value = "gone"
    this.reading.stop()
    this.forum.list.remove(this.id)
    this.#stream.stop()
  }

  reconnect() {
    this.#stream.reconnectNow()
  }

  /** @param {Partial<Thread>} fields */
  patchThread(fields) {
    this.forum.book.patch(this.id, fields)
  }

  /**
   * Takes in a message that was just written.
   * @param {Message} message
   * @returns {boolean} whether it was news
   */
  admit(message) {
    const thread = this.thread.value
    if (this.timeline.find(message.id) || !thread) return false
    const shown = this.timeline.insert(message)
    if (!shown && !this.timeline.newer.value) return false
    const unread = message.user_id === this.userId ? 0 : 1
    this.patchThread({
      message_count: thread.message_count + 1,
      last_message_at: message.created_at,
      unread_messages: thread.unread_messages + unread,
    })
    const parent = this.timeline.find(message.reply_to_id ?? 0)
    if (parent) this.timeline.patch(parent.id, { reply_count: parent.reply_count + 1 })
    return true
  }

  /** Writing in a thread follows it. @param {Message} message */
  #sent(message) {
    this.admit(message)
    const thread = this.thread.value
    if (thread && !thread.is_following) this.patchThread({ is_following: true, follower_count: thread.follower_count + 1 })
  }

  /** @param {string} content */
  say(content) {
    this.typingNotice.stopped()
    this.firstUnread.value = null
    this.outbox.add(content, this.replyTo.value)
    this.replyTo.value = null
    this.toEnd()
  }

  async toEnd() {
    if (this.timeline.newer.value) {
      const { messages } = await listMessages(this.id, { limit: PAGE })
      this.timeline.reset(messages, { older: messages.length === PAGE, newer: false })
    }
    this.focus.value = { id: null, highlight: false }
  }

  /**
   * Shows one message, loading its surroundings if they are not here.
   * @param {number|null} messageId
   */
  async reveal(messageId) {
    if (messageId === null) return
    if (!this.timeline.find(messageId)) await this.#load(messageId)
    this.focus.value = { id: messageId, highlight: true }
  }

  loadOlder() {
    const first = this.timeline.first?.id
    if (first && this.timeline.older.value) this.#loadPage({ before_id: first })
  }

  loadNewer() {
    const last = this.timeline.last?.id
    if (last && this.timeline.newer.value) this.#loadPage({ after_id: last })
  }

  /** @param {{before_id?: number, after_id?: number}} cursor */
  async #loadPage(cursor) {
    if (this.#loadingPage) return
    this.#loadingPage = true
    try {
      const { messages } = await listMessages(this.id, { ...cursor, limit: PAGE })
      const more = messages.length === PAGE
      // Unless the stretch was replaced meanwhile: then the page does not belong to its edge.
      if (cursor.before_id && cursor.before_id === this.timeline.first?.id) this.timeline.prepend(messages, more)
      if (cursor.after_id && cursor.after_id === this.timeline.last?.id) this.timeline.append(messages, more)
    } finally {
      this.#loadingPage = false
    }
  }
}
