/** @import { Thread } from "../types.d.ts" */
/** @import { ThreadBook } from "./book.mjs" */
import { computed, signal } from "../vendor/signals.mjs"
import { Problem } from "../api/request.mjs"
import { getThread, listThreads } from "../api/threads.mjs"

const PAGE = 30

/** @typedef {"main"|"following"|"unread"} Filter */

/** @type {Record<Filter, {filter_type: string, thread_type: string}>} */
const queries = {
  main: { filter_type: "main", thread_type: "main" },
  following: { filter_type: "following", thread_type: "all" },
  unread: { filter_type: "unread", thread_type: "all" },
}

/** The list of threads as one filter shows it, loaded page by page. */
export class ThreadList {
  filter = signal(/** @type {Filter} */ ("main"))
  loading = signal(false)
  more = signal(true)
  problem = signal("")
  #book
  #ids = signal(/** @type {ReadonlySet<number>} */ (new Set()))
  #page = 0
  /** Answers to a question that is no longer asked are dropped. */
  #question = 0

  /** @param {ThreadBook} book */
  constructor(book) {
    this.#book = book
  }

  /** Pinned ones first, then the latest activity, as the server orders them. */
  rows = computed(() =>
    [...this.#ids.value]
      .map(id => this.#book.get(id))
      .filter(thread => thread !== undefined)
      .sort((a, b) => byPlace(a.value, b.value)),
  )

  /** @param {Filter} filter */
  show(filter) {
    this.filter.value = filter
    this.#ids.value = new Set()
    return this.reload()
  }

  /**
   * Starts over with the first page.
   * @returns {Promise<string>} the Event-Id of the answer
   */
  async reload() {
    this.#page = 0
    this.more.value = true
    this.loading.value = false
    this.#question++
    return this.loadMore()
  }

  async loadMore() {
    if (this.loading.value || !this.more.value) return ""
    const question = this.#question
    this.loading.value = true
    this.problem.value = ""
    try {
      const answer = await listThreads({ ...queries[this.filter.value], page: this.#page + 1, limit: PAGE })
      if (question === this.#question) this.#take(answer.threads)
      return answer.eventId
    } catch (problem) {
      if (question === this.#question) this.problem.value = problem instanceof Error ? problem.message : String(problem)
      return ""
    } finally {
      if (question === this.#question) this.loading.value = false
    }
  }

  /** @param {Thread[]} threads */
  #take(threads) {
    for (const thread of threads) this.#book.put(thread)
    const known = this.#page === 0 ? [] : this.#ids.value
    this.#page++
    this.#ids.value = new Set([...known, ...threads.map(thread => thread.id)])
    this.more.value = threads.length === PAGE
  }

  /** @param {Thread} thread  which belongs to what is shown, or not */
  offer(thread) {
    this.#book.put(thread)
    const belongs = {
      main: thread.thread_type === "main",
      following: thread.is_following,
      unread: thread.unread_messages > 0,
    }
    if (belongs[this.filter.value]) this.#ids.value = new Set([...this.#ids.value, thread.id])
  }

  /** @param {number} id */
  remove(id) {
    const ids = new Set(this.#ids.value)
    ids.delete(id)
    this.#ids.value = ids
    this.#book.forget(id)
  }

  /**
   * Asks for threads anew whose access or place changed.
   * @param {readonly number[]} ids
   */
  async renew(ids) {
    for (const id of ids) {
      try {
        this.offer(await getThread(id))
      } catch (problem) {
        if (problem instanceof Problem && [403, 404].includes(problem.status)) this.remove(id)
      }
    }
  }
}

/** @param {Thread} a @param {Thread} b */
function byPlace(a, b) {
  if (a.is_pinned !== b.is_pinned) return a.is_pinned ? -1 : 1
  const [late, early] = [b.last_message_at ?? b.created_at, a.last_message_at ?? a.created_at]
  return Date.parse(late) - Date.parse(early) || b.id - a.id
}
