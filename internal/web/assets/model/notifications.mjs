/** @import { Notification } from "../types.d.ts" */
/** @import { Counts } from "./counts.mjs" */
import { signal } from "../vendor/signals.mjs"
import * as people from "../api/people.mjs"

const PAGE = 20

/** The reader's notifications, newest first. */
export class Notifications {
  items = signal(/** @type {readonly Notification[]} */ ([]))
  more = signal(false)
  loading = signal(false)
  #counts

  /** @param {Counts} counts */
  constructor(counts) {
    this.#counts = counts
  }

  async load() {
    await this.#fetch(undefined)
  }

  async loadMore() {
    if (!this.loading.value && this.more.value) await this.#fetch(this.items.value.at(-1)?.id)
  }

  /** @param {number|undefined} beforeId */
  async #fetch(beforeId) {
    this.loading.value = true
    try {
      const page = await people.listNotifications(beforeId)
      this.#counts.take(page)
      this.items.value = beforeId ? [...this.items.value, ...page.notifications] : page.notifications
      this.more.value = page.notifications.length === PAGE
    } finally {
      this.loading.value = false
    }
  }

  /** @param {Notification} notification */
  arrived(notification) {
    const others = this.items.value.filter(item => item.id !== notification.id)
    this.items.value = [notification, ...others]
  }

  /** @param {number} id */
  async read(id) {
    if (this.items.value.find(item => item.id === id)?.is_read) return
    this.#mark(item => item.id === id)
    this.#counts.take(await people.readNotification(id))
  }

  async readAll() {
    this.#mark(() => true)
    this.#counts.take(await people.readAllNotifications())
  }

  /**
   * The reader saw the thread itself.
   * @param {number|null} threadId  null: all threads
   */
  threadWasRead(threadId) {
    this.#mark(item => threadId === null || item.thread_id === threadId)
  }

  /** @param {number} id */
  async remove(id) {
    this.items.value = this.items.value.filter(item => item.id !== id)
    this.#counts.take(await people.deleteNotification(id))
  }

  /** @param {(item: Notification) => boolean} which */
  #mark(which) {
    this.items.value = this.items.value.map(item => (!item.is_read && which(item) ? { ...item, is_read: true } : item))
  }
}
