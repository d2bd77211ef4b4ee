import { html } from "../html.mjs"

/** Outlines on a grid of 24, drawn with a stroke of 1.8. @type {Record<string, string>} */
const outlines = {
  bell: "M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 2h-15zM10 21h4",
  bold: "M7 5h6a3.5 3.5 0 0 1 0 7H7zM7 12h7a3.5 3.5 0 0 1 0 7H7z",
  check: "M5 12.5l4.5 4.5L19 7.5",
  close: "M6 6l12 12M18 6L6 18",
  code: "M8.5 7L3.5 12l5 5M15.5 7l5 5-5 5",
  copy: "M9 9h10v11H9zM5 15V4h10",
  device: "M4 5h16v11H4zM2.5 19.5h19",
  docs: "M6 3.5h9l4 4v13H6zM14.5 4v4H19M9 12.5h7M9 16h5",
  down: "M12 5v14M6 13l6 6 6-6",
  edit: "M4 20l1-4.5L16.5 4a2 2 0 0 1 3 0l.5.5a2 2 0 0 1 0 3L8.5 19z",
  expand: "M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 14.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  flag: "M6 21V4h12l-2.5 4.5L18 13H6",
  heart: "M12 20S3.5 15 3.5 8.9A4.4 4.4 0 0 1 12 7.3a4.4 4.4 0 0 1 8.5 1.6C20.5 15 12 20 12 20z",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15 9h.01",
  italic: "M10 5h7M7 19h7M14 5l-4 14",
  keyboard: "M3 6.5h18v11H3zM7 10h.01M11 10h.01M15 10h.01M8 14h8",
  left: "M15 5l-7 7 7 7",
  link: "M10 14a4 4 0 0 0 6 .4l3-3a4.2 4.2 0 0 0-6-6l-1.2 1.2M14 10a4 4 0 0 0-6-.4l-3 3a4.2 4.2 0 0 0 6 6l1.2-1.2",
  list: "M9 6h11M9 12h11M9 18h11M4.5 6h.01M4.5 12h.01M4.5 18h.01",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
  more: "M5 12a.6.6 0 1 0 1.2 0 .6.6 0 1 0-1.2 0M11.4 12a.6.6 0 1 0 1.2 0 .6.6 0 1 0-1.2 0M17.8 12a.6.6 0 1 0 1.2 0 .6.6 0 1 0-1.2 0",
  pin: "M9 3.5h6l-1 6 3.5 4.5h-11L10 9.5zM12 14v6.5",
  plus: "M12 5v14M5 12h14",
  quote: "M10 7H5v6h5zM10 13c0 3-2 4-4 4M19 7h-5v6h5zM19 13c0 3-2 4-4 4",
  reply: "M10 7L4.5 12l5.5 5M5 12h8a6 6 0 0 1 6 6v1",
  screen: "M4 5h16v11H4zM9 20h6M12 16v4",
  send: "M4.5 12L4 4.5 20.5 12 4 19.5z M4.5 12H13",
  signout: "M14 5H5v14h9M10 12h11M17.5 8.5L21 12l-3.5 3.5",
  sun: "M12 16.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  thread: "M4 5h11v8H9l-3 3v-3H4zM18 9h2v8h-2v3l-3-3h-4",
  trash: "M4.5 7h15M9 7V4h6v3M6.5 7l1 13h9l1-13M10.5 11v5M13.5 11v5",
  unlock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 6.8-1",
  warn: "M12 4L2.5 20h19zM12 10v4.5M12 17.2h.01",
}

/**
 * Decoration only: whatever it stands on carries the name.
 * @param {{name: string, filled?: boolean}} props
 */
export function Icon({ name, filled }) {
  return html`<svg class=${filled ? "icon icon-filled" : "icon"} viewBox="0 0 24 24" aria-hidden="true"><path d=${outlines[name]} /></svg>`
}

/** The product's mark. */
export function Logo() {
  return html`<svg class="logo" viewBox="0 0 64 64" aria-hidden="true">
    <rect class="logo-ground" width="64" height="64" rx="17" />
    <path class="logo-back" d="M46 27.5c3.8 2.1 6 5.5 6 9.5 0 3-1.4 5.7-3.7 7.7L49.5 50l-5.8-3c-1.2.3-2.5.4-3.8.4-5 0-9.3-2.1-11.7-5.3C38.6 42 46.4 36 46 27.5z" />
    <path class="logo-front" d="M14 26c0-7 6-12 14-12s14 5 14 12-6 12-14 12c-1.5 0-3-.2-4.4-.5L17 41l1.4-5.7C15.7 33 14 29.7 14 26z" />
  </svg>`
}
