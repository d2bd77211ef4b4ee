import { quoting } from "../assets/text/quoting.mjs"
import { coverSpoilers } from "../assets/view/spoilers.mjs"
import { equal, test } from "./harness.mjs"

test("a quote says who wrote it and where, and calls nobody", () => {
  equal(
    quoting("Long_John", "#thread-5&message=9", "Ask @Mina, not @everyone:\n\nmina@example.org, \\@Finn"),
    "> Long\\_John [wrote](/forum#thread-5&message=9):\n> Ask \\@Mina, not \\@everyone:\n>\n> mina@example.org, \\@Finn\n\n",
  )
})

test("a long quote leaves room for the answer", () => {
  const quote = quoting("Mina", "#thread-5", "é".repeat(9000))
  equal([...quote].filter(letter => letter === "é").length, 2000)
  equal(quote.endsWith("é …\n\n"), true)
})

/** @param {string} key */
const pressed = key => new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })

test("a spoiler is covered until it is asked for, with the pointer or the keyboard", () => {
  for (const ask of [() => new MouseEvent("click", { bubbles: true }), () => pressed("Enter"), () => pressed(" ")]) {
    const prose = document.createElement("div")
    prose.innerHTML = `<p>See <span class="spoiler">the <a href="https://forum.example">end</a></span></p>`
    coverSpoilers(prose)
    coverSpoilers(prose) // as when the message is shown anew
    const spoiler = /** @type {HTMLElement} */ (prose.querySelector(".spoiler"))
    const inside = /** @type {HTMLElement} */ (spoiler.firstChild)
    equal([spoiler.role, spoiler.ariaLabel, spoiler.tabIndex, inside.inert, spoiler.childNodes.length], ["button", "Spoiler: show", 0, true, 1])
    spoiler.dispatchEvent(pressed("x"))
    equal(inside.inert, true, "after another key")
    spoiler.dispatchEvent(ask())
    equal([spoiler.role, spoiler.className, inside.inert, spoiler.textContent], ["group", "spoiler spoiler-open", false, "the end"])
  }
})
