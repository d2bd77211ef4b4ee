import { signal } from "../vendor/signals.mjs"

const query = matchMedia("(max-width: 45.99rem)")

/** Whether the window has room for one column only; as in shell.css. */
export const narrow = signal(query.matches)

query.addEventListener("change", () => {
  narrow.value = query.matches
})
