import { commands } from "../assets/text/markdown-edit.mjs"
import { mentionAt } from "../assets/text/mention-query.mjs"
import { hueOf, initials, listNames } from "../assets/text/names.mjs"
import { ago } from "../assets/text/time.mjs"
import { equal, test } from "./harness.mjs"

test("a name is completed at a word's beginning, not in addresses or code", () => {
  /** @type {[string, string|undefined][]} */
  const cases = [["@mi", "mi"], ["hello @", ""], ["(@Ada", "Ada"], ["mail ada@home", undefined], ["`@mi", undefined], ["`x` @mi", "mi"], ["```\n@mi", undefined], ["@mi na", undefined]]
  for (const [text, want] of cases) equal(mentionAt(text, text.length)?.name, want, text)
})

/** @param {import("../assets/text/markdown-edit.mjs").Format} format @param {string} marked  the selection between | and | */
function edited(format, marked) {
  const [before, selected, after] = marked.split("|")
  const text = before + selected + after
  const edit = commands[format](text, before.length, before.length + selected.length)
  const result = text.slice(0, edit.from) + edit.insert + text.slice(edit.to)
  return result.slice(0, edit.start) + "|" + result.slice(edit.start, edit.end) + "|" + result.slice(edit.end)
}

test("formatting goes around the selection, and is taken back the second time", () => {
  equal(edited("bold", "a |b| c"), "a **|b|** c")
  equal(edited("bold", "a **|b|** c"), "a |b| c")
  equal(edited("italic", "||"), "*||*")
  equal(edited("code", "|x|"), "`|x|`")
  equal(edited("code", "|x\ny|"), "```||\nx\ny\n```")
  equal(edited("quote", "a\n|b\nc|"), "a\n> b\n> c||")
  equal(edited("list", "|- b|"), "b||")
})

test("a link leaves the caret where something is missing", () => {
  equal(edited("link", "see |this|"), "see [this](https://||)")
  equal(edited("link", "|https://forum.example/x|"), "[||](https://forum.example/x)")
  equal(edited("link", "||"), "[||](https://)")
})

test("names have one or two initials and always the same colour", () => {
  equal(["Ada", "mina_k", "TomasB", "Élodie Öz", ""].map(initials), ["A", "MK", "TB", "ÉÖ", "?"])
  equal(hueOf("Ada"), hueOf("ada"))
})

test("names are listed as one says them", () => {
  equal(listNames(["Mina"]), "Mina")
  equal(listNames(["Mina", "Finn"]), "Mina and Finn")
  equal(listNames(["Mina", "Finn", "Ada"]), "Mina, Finn and Ada")
  equal(listNames(["Mina", "Finn", "Ada", "Tomas"]), "Mina, Finn, Ada and 1 other")
})

test("times are as exact as they need to be", () => {
  const now = Date.UTC(2026, 5, 15, 12)
  const at = (/** @type {number} */ minutes) => ago(new Date(now - minutes * 60_000).toISOString(), now)
  equal([at(0), at(5), at(59), at(125)], ["now", "5 min", "59 min", "2 h"])
  equal(at(60 * 24 * 400), "11 May 2025")
})
