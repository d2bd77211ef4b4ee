import { useEffect, useRef } from "../vendor/preact-hooks.mjs"
import { html } from "../html.mjs"

/**
 * Calls `onNear` when it comes within reach of the visible part. Give it a new
 * key whenever the list grew, so that it looks again.
 * @param {{onNear: () => void, label: string}} props
 */
export function Sentinel({ onNear, label }) {
  const element = useRef(/** @type {HTMLDivElement|null} */ (null))
  useEffect(() => {
    if (!element.current) return
    const options = { root: scrollerOf(element.current), rootMargin: "1500px" }
    const observer = new IntersectionObserver(([entry]) => entry.isIntersecting && onNear(), options)
    observer.observe(element.current)
    return () => observer.disconnect()
  }, [])
  return html`<div class="sentinel" ref=${element}><span class="spinner" aria-hidden="true"></span><span class="visually-hidden">${label}</span></div>`
}

/**
 * What scrolls an element; its margin counts, the window's would be cut off by it.
 * @param {Element} element
 * @returns {Element|null}
 */
function scrollerOf(element) {
  const parent = element.parentElement
  return !parent || getComputedStyle(parent).overflowY === "auto" ? parent : scrollerOf(parent)
}
