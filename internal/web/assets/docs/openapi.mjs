/**
 * The parts of an OpenAPI 3.1 document that the reference shows.
 * @typedef {{info: {title: string, version: string, description?: string}, tags?: {name: string, description?: string}[], paths: Record<string, Record<string, any>>, components?: {schemas?: Record<string, Schema>}}} Api
 */

/** @typedef {Record<string, any>} Schema */
/** @typedef {{id: string, method: string, path: string, about: Record<string, any>, parameters: any[]}} Operation */
/** @typedef {{name: string, description: string, operations: Operation[]}} Group */

const methods = ["get", "post", "put", "patch", "delete"]

/** @param {Api} api @returns {Operation[]} */
function operationsOf(api) {
  return Object.entries(api.paths).flatMap(([path, item]) =>
    methods.filter(method => item[method]).map(method => ({
      id: item[method].operationId ?? `${method}-${path.replace(/[^A-Za-z0-9]+/g, "-")}`,
      method,
      path,
      about: item[method],
      parameters: [...(item.parameters ?? []), ...(item[method].parameters ?? [])].map(parameter => resolve(api, parameter)),
    })),
  )
}

/**
 * Operations by their first tag, in the order of the document's own tags.
 * @param {Api} api
 * @returns {Group[]}
 */
export function groupsOf(api) {
  /** @type {Map<string, Group>} */
  const groups = new Map((api.tags ?? []).map(({ name, description = "" }) => [name, { name, description, operations: [] }]))
  for (const operation of operationsOf(api)) {
    const name = operation.about.tags?.[0] ?? "Other"
    if (!groups.has(name)) groups.set(name, { name, description: "", operations: [] })
    groups.get(name)?.operations.push(operation)
  }
  return [...groups.values()].filter(group => group.operations.length)
}

/**
 * Only what has all words of the query in its path, summary or tag.
 * @param {Group[]} groups
 * @param {string} query
 */
export function search(groups, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const matches = (/** @type {Operation} */ o) => {
    const text = [o.method, o.path, o.about.summary, o.about.description, ...(o.about.tags ?? [])].join(" ").toLowerCase()
    return words.every(word => text.includes(word))
  }
  return groups.map(group => ({ ...group, operations: group.operations.filter(matches) })).filter(group => group.operations.length)
}

/**
 * Follows a `$ref`.
 * @param {Api} api
 * @param {any} value
 */
export function resolve(api, value) {
  if (!value?.$ref) return value
  return value.$ref.slice(2).split("/").reduce((/** @type {any} */ at, /** @type {string} */ key) => at?.[key.replaceAll("~1", "/").replaceAll("~0", "~")], api)
}

/** "User" of `#/components/schemas/User` @param {Schema} schema */
export const nameOf = schema => schema.$ref?.split("/").at(-1) ?? ""

/**
 * A schema's type in words: "array of Message", "integer or null".
 * @param {Schema|undefined} schema
 * @returns {string}
 */
export function typeOf(schema) {
  if (!schema || schema === /** @type {any} */ (true)) return "anything"
  if (schema.$ref) return nameOf(schema)
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return choices.map(typeOf).join(" or ")
  const types = [schema.type ?? (schema.properties ? "object" : "anything")].flat()
  return types.map(type => (type === "array" ? `array of ${typeOf(schema.items)}` : type)).join(" or ")
}

/** @type {[string, (value: any) => string][]} */
const limits = [
  ["format", v => v],
  ["enum", v => `one of ${v.map((/** @type {any} */ x) => JSON.stringify(x)).join(", ")}`],
  ["default", v => `default ${JSON.stringify(v)}`],
  ["minimum", v => `≥ ${v}`],
  ["maximum", v => `≤ ${v}`],
  ["minLength", v => `at least ${v} characters`],
  ["maxLength", v => `at most ${v} characters`],
  ["pattern", v => `like ${v}`],
]

/** What a schema asks of its value. @param {Schema} schema @returns {string[]} */
export const limitsOf = schema => limits.filter(([key]) => schema?.[key] !== undefined).map(([key, say]) => say(schema[key]))
