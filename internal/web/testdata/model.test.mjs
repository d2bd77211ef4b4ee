/** @import { Message, Thread } from "../assets/types.d.ts" */
import { ThreadBook } from "../assets/model/book.mjs"
import { Counts } from "../assets/model/counts.mjs"
import { linkTo, parsePlace } from "../assets/model/place.mjs"
import { layOut } from "../assets/model/rows.mjs"
import { Timeline, WINDOW } from "../assets/model/timeline.mjs"
import { TypingNotice } from "../assets/model/typing.mjs"
import { equal, test } from "./harness.mjs"

/** @param {number} id @param {Partial<Message>} [fields] @returns {Message} */
const message = (id, fields = {}) =>
  /** @type {any} */ ({ id, user_id: 3, content: `m${id}`, created_at: new Date(Date.UTC(2026, 0, 1, 12, 0, id)).toISOString(), reply_to_message: null, ...fields })

/** @param {number} from @param {number} to */
const messages = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => message(from + i))

/** @param {Timeline} timeline */
const ids = timeline => timeline.messages.value.map(m => m.id)

test("a message is put in its place, once", () => {
  const timeline = new Timeline()
  timeline.reset([message(2), message(5)], { older: false, newer: false })
  equal([3, 5, 9, 1].map(id => timeline.insert(message(id))), [true, false, true, true])
  equal(ids(timeline), [1, 2, 3, 5, 9])
})

test("a stretch that does not reach the end takes no live messages", () => {
  const timeline = new Timeline()
  timeline.reset(messages(10, 20), { older: true, newer: true })
  equal([timeline.insert(message(99)), timeline.insert(message(1))], [false, false])
  equal(timeline.last?.id, 20)
})

test("a stretch stays bounded: the far end is let go, and known to be missing", () => {
  const timeline = new Timeline()
  timeline.reset(messages(1001, 1000 + WINDOW), { older: true, newer: false })
  timeline.prepend(messages(951, 1000), true)
  equal([timeline.messages.value.length, timeline.first?.id, timeline.newer.value], [WINDOW, 951, true])
  timeline.append(messages(951 + WINDOW, 1000 + WINDOW), false)
  equal([timeline.messages.value.length, timeline.last?.id, timeline.older.value, timeline.newer.value], [WINDOW, 1000 + WINDOW, true, false])
})

test("what is deleted is no longer quoted, what is edited is quoted anew", () => {
  const timeline = new Timeline()
  const quote = /** @type {any} */ ({ id: 1, content: "m1" })
  timeline.reset([message(1), message(2, { reply_to_message: quote })], { older: false, newer: false })
  timeline.requote(1, "better")
  equal(timeline.find(2)?.reply_to_message?.content, "better")
  timeline.remove([1])
  equal([ids(timeline), timeline.find(2)?.reply_to_message], [[2], null])
})

test("one author's messages stand together until somebody else, a reply, or time comes between", () => {
  const later = new Date(Date.UTC(2026, 0, 1, 12, 30)).toISOString()
  const rows = layOut(
    [message(1), message(2), message(3, { user_id: 4 }), message(4, { user_id: 4, reply_to_message: /** @type {any} */ ({ id: 1 }) }), message(5, { user_id: 4, created_at: later })],
    null,
  )
  equal(rows.map(row => row.startsGroup), [true, false, true, true, true])
  equal(rows.map(row => row.startsDay), [true, false, false, false, false])
})

test("counts older than what is known are dropped, wherever they come from", () => {
  const counts = new Counts()
  counts.setTotal(3, 10)
  counts.take({ unread_count: 7, count_version: 9 })
  equal(counts.total.value, 3)
  counts.take({ count: 2, count_version: 10 })
  counts.setTotal(undefined, undefined)
  equal(counts.total.value, 2)
  equal([counts.isNews(5, 10), counts.isNews(5, 9), counts.isNews(6, 9)], [true, false, true])
})

test("news of a thread nobody looks at is unread; where the reader is, its own stream counts", () => {
  const book = new ThreadBook()
  book.put(/** @type {Thread} */ ({ id: 1, message_count: 4, unread_messages: 1 }))
  book.active({ thread_id: 1, message_count: 6, last_message_at: "x" }, false)
  equal(book.get(1)?.value.unread_messages, 3)
  book.active({ thread_id: 1, message_count: 9, last_message_at: "y" }, true)
  equal([book.get(1)?.value.unread_messages, book.get(1)?.value.message_count], [3, 9])
  equal(book.active({ thread_id: 2, message_count: 1, last_message_at: "z" }, false), undefined)
})

test("typing is told once a second at most, and its end once", () => {
  /** @type {boolean[]} */
  const told = []
  const notice = new TypingNotice(isTyping => told.push(isTyping))
  for (const text of ["h", "he", "hel"]) notice.changed(text)
  notice.changed("")
  notice.stopped()
  equal(told, [true, false])
})

test("addresses say which thread, message and panel, and nothing else", () => {
  equal(parsePlace("#thread-5&message=9"), { thread: 5, message: 9, panel: null })
  equal(parsePlace("#thread-5x&message=-1"), { thread: null, message: null, panel: null })
  equal(parsePlace(linkTo({ thread: 5, panel: 12, message: 3 })), { thread: 5, message: 3, panel: 12 })
})
