/**
 * The first element that matches.
 * @param {string} selector
 * @param {ParentNode|null|undefined} within
 * @returns {HTMLElement|null}
 */
export const find = (selector, within = document) => within?.querySelector(selector) ?? null

/**
 * Every element that matches, in order.
 * @param {string} selector
 * @param {ParentNode|null|undefined} within
 * @returns {HTMLElement[]}
 */
export const findAll = (selector, within = document) => Array.from(within?.querySelectorAll(selector) ?? [])
