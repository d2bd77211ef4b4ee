/** @import { Person } from "../types.d.ts" */
/** @import { MentionQuery } from "../text/mention-query.mjs" */
import { signal } from "../vendor/signals.mjs"
import { searchPeople } from "../api/people.mjs"
import { mentionAt } from "../text/mention-query.mjs"
import { announce } from "./announcer.mjs"

const PAUSE_MS = 90

/** Suggestions for the `@name` being written. */
export class Completion {
  people = signal(/** @type {readonly Person[]} */ ([]))
  selected = signal(0)
  /** @type {MentionQuery|null} */ #query = null
  /** @type {Map<string, Person[]>} */ #known = new Map()
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #timer

  get isOpen() {
    return this.people.value.length > 0
  }

  /**
   * The text or the caret changed.
   * @param {string} text
   * @param {number} caret
   */
  update(text, caret) {
    clearTimeout(this.#timer)
    this.#query = mentionAt(text, caret)
    const name = this.#query?.name.toLowerCase()
    if (!name) return this.close()
    const known = this.#known.get(name)
    if (known) this.#offer(name, known)
    else this.#timer = setTimeout(() => this.#ask(name), PAUSE_MS)
  }

  /** @param {string} name */
  async #ask(name) {
    const people = await searchPeople(name).catch(() => [])
    this.#known.set(name, people)
    this.#offer(name, people)
  }

  /** @param {string} name @param {Person[]} people */
  #offer(name, people) {
    if (this.#query?.name.toLowerCase() !== name) return
    const exact = people.length === 1 && people[0].username.toLowerCase() === name
    this.people.value = exact ? [] : people
    this.selected.value = 0
    if (this.isOpen) announce(`${people.length} suggestions, ${people[0].username} selected`)
  }

  /** @param {number} step */
  move(step) {
    const count = this.people.value.length
    this.selected.value = (this.selected.value + step + count) % count
  }

  /**
   * @param {number} [index]
   * @returns {{from: number, to: number, insert: string}|null} the edit that completes the name
   */
  choose(index = this.selected.value) {
    const person = this.people.value[index]
    if (!person || !this.#query) return null
    const { start: from, end: to } = this.#query
    this.close()
    return { from, to, insert: person.username + " " }
  }

  close() {
    clearTimeout(this.#timer)
    this.#query = null
    this.people.value = []
  }
}
